// The data server that the Bluesky tests collect, with a directory of identities in memory, both on loopback only.
// Usage: node server.mjs PORT DIRECTORY_PORT; the server's own settings are PDS_… in the environment.
import { Server } from 'node:net'

import { PDS, envToCfg, envToSecrets, readEnv } from '@atproto/pds'
import { Database, PlcServer } from '@did-plc/server'

const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...rest)
}

const [port, directory] = process.argv.slice(2)
await PlcServer.create({ db: Database.mock(), port: Number(directory) }).start()
const env = { ...readEnv(), port: Number(port) }
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
