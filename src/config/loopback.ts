import type { Api, Settings } from '../../schemas/config.ts'

/** Whether only this machine reaches a bound address. */
function isLoopback (host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || host === '::1'
}

/** Why these two must not be together; undefined where they may. */
export function openToOthers ({ host }: Settings, { requireAuth }: Api): string | undefined {
  if (requireAuth || isLoopback(host)) return undefined
  return `'api.requireAuth' is false, but others reach the address ${host}: require keys, or set 'settings.host' to 127.0.0.1`
}
