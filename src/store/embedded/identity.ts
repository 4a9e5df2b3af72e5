/**
 * Who a process is. A pid alone is not enough: the kernel hands pids out again, so a process is its pid together with the moment it was
 * started, which /proc (or ps, where there is no /proc) tells.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type Identity = Readonly<{ pid: number; startedAt: string }>;

/**
 * The kernel's start time of a process (clock ticks since boot, or ps's words), or undefined when there is no such process.
 * A zombie is gone, unless its other threads are still ending: until then it holds its ports and files.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1 ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' ? undefined : startTimeByPs(pid);
  }
}

function startTimeByPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

export const identify = (pid: number): Identity => ({ pid, startedAt: startTimeOf(pid) ?? '' });

/** True while the very process that was identified still runs. */
export const isAlive = (who: Identity): boolean => startTimeOf(who.pid) === who.startedAt;
