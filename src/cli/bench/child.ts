/** The measuring process: argument 1 is the folder, 2 the number of lines. It loads what reconciling needs and nothing else. */
import { fail, say } from '../output.ts';
import { measure } from './measure.ts';

try {
  const [dataDir = '', lines = ''] = process.argv.slice(2);
  say(JSON.stringify(await measure(dataDir, Number(lines))));
} catch (error) {
  process.exitCode = fail(error);
}
