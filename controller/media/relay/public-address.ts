import { BlockList, isIP } from 'node:net';

/** Special-purpose networks (IANA registries of RFC 6890): ours, our neighbours', nobody's. None of them is a radio station. */
const IPV4_SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Only 2000::/3 is global unicast; out of it documentation, Teredo, 6to4 and benchmarking are taken. */
const IPV6_SPECIAL = ['::/3', '2001::/23', '2001:db8::/32', '2002::/16', '4000::/2', '8000::/1', '3fff::/20'];

/** @param allowedNetworks networks in CIDR notation that may be reached although they are special, for example a studio's */
export function createAddressRule(allowedNetworks: readonly string[]): (address: string) => boolean {
  // One list for each family: a BlockList compares an IPv4 address with IPv6 networks as its mapped form, which `::/3` holds.
  const special = { ipv4: listOf(IPV4_SPECIAL), ipv6: listOf(IPV6_SPECIAL) };
  const allowed = {
    ipv4: listOf(allowedNetworks.filter((network) => !network.includes(':'))),
    ipv6: listOf(allowedNetworks.filter((network) => network.includes(':'))),
  };
  return (address) => {
    const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
    const version = isIP(plain);
    if (version === 0) return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    return allowed[family].check(plain, family) || !special[family].check(plain, family);
  };
}

/** @throws when a network is not an address, a slash and a number of bits */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
