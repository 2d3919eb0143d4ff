import { askAddress } from './address.ts'
import { askServerCertificate } from './certificate.ts'
import { askDns } from './dns.ts'
import { type HttpWorld, askHttp } from './http.ts'
import type { Network } from './network.ts'

/** Network questions over a wire: this machine's sockets or a forwarding. */
export function wireNetwork(world: HttpWorld): Network {
  return {
    address: (ask) => askAddress(world.wire, ask),
    dns: (ask) => askDns(world.wire, world.dialect, ask),
    http: (ask) => askHttp(world, ask),
    certificate: (ask) => askServerCertificate(world.wire, world.files, ask),
  }
}
