// The kinds of config entries: what each says, how one begins, and what follows when one is deleted.

const several = (values, none) => {
  const names = [...new Set(values)].filter((name) => name);
  return names.length ? `${names.slice(0, 12).join(', ')}${names.length > 12 ? `, and ${names.length - 12} more` : ''}` : none;
};

/** `end` is told the entry and the datacenter's name; the first sentence is the one that matters. */
export const KINDS = [
  {
    kind: 'exported-services',
    about: 'which peers may see and call which services',
    blank: `Kind = "exported-services"
Name = "default"

Services = [
  {
    Name = ""
    Consumers = [{ Peer = "" }]
  }
]
`,
    end: (entry) => [
      `No peer sees or calls any service of ours any more: ${several((entry.Services ?? []).map((one) => one.Name), 'none is exported')}.`,
      'Connections that came from peers are cut.',
    ],
  },
  {
    kind: 'service-resolver',
    about: 'where calls to a service go, and where to when it is not healthy here',
    blank: `Kind = "service-resolver"
Name = ""

# who takes the calls while no instance here is healthy
Failover = {
  "*" = {
    Targets = [{ Peer = "" }]
  }
}
`,
    end: (entry) => [
      `Calls to ${entry.Name} go to its own instances here${entry.Failover ? '; when those fail, none of its targets takes the calls any more' : ''}.`,
      ...(entry.Redirect ? ['Its callers are not sent elsewhere any more.'] : []),
      ...(entry.Subsets ? [`Its subsets are gone: ${several(Object.keys(entry.Subsets), '')}. While another entry names one, the server refuses.`] : []),
    ],
  },
  {
    kind: 'service-intentions',
    about: 'who may call a service',
    blank: `Kind = "service-intentions"
Name = ""

Sources = [
  { Name = "", Action = "allow" }
]
`,
    end: (entry, datacenter) => [
      `Its rules for calls from ${several((entry.Sources ?? []).map((one) => (one.Peer ? `${one.Name} of ${one.Peer}` : one.Name)), 'nobody')} are gone.`,
      `Rules for every service decide in their place, or else the default of ${datacenter}. What is then refused is cut at once, if its connections stand.`,
    ],
  },
  {
    kind: 'sameness-group',
    about: 'datacenters in which services of one name are the same service',
    blank: `Kind = "sameness-group"
Name = ""

IncludeLocal = true
Members = [
  { Peer = "" }
]
`,
    end: (entry) => [
      `What fails over, exports or allows by the group ${entry.Name} does so no more; while another entry names it, the server refuses.`,
      ...(entry.DefaultForFailover ? ['It is the default: services without a resolver of their own have no refuge any more.'] : []),
    ],
  },
  {
    kind: 'service-defaults',
    about: 'limits and times of a service and of its calls to others',
    blank: `Kind = "service-defaults"
Name = ""

Protocol = "tcp"
UpstreamConfig = {
  Defaults = { ConnectTimeoutMs = 5000 }
}
`,
    end: (entry) => [
      `Limits and times of ${entry.Name} are the usual ones again.`,
      ...(entry.Protocol ? ['What it is said to speak is what proxy-defaults say, or else tcp. While another entry needs it, the server refuses.'] : []),
    ],
  },
  {
    kind: 'proxy-defaults',
    about: 'what holds for every service that does not say otherwise',
    blank: `Kind = "proxy-defaults"
Name = "global"

Config = {
  protocol = "tcp"
}
`,
    end: () => ['Every service is said to speak tcp that does not say itself what it speaks. While another entry needs it, the server refuses.'],
  },
  {
    kind: 'mesh',
    about: 'how the datacenter speaks with its peers',
    blank: `Kind = "mesh"

Peering = {
  PeerThroughMeshGateways = true
}
`,
    end: (entry) => [
      entry.Peering?.PeerThroughMeshGateways
        ? 'New peerings name our servers and not our mesh gateways: peers must be able to reach the servers themselves.'
        : 'Peerings run as before.',
    ],
  },
  {
    kind: 'cluster-ips',
    about: 'addresses of a Kubernetes cluster that stand for services; its operator writes them',
    blank: `Kind = "cluster-ips"
Name = ""

Cluster = ""
Services = [
  { Name = "", Addresses = [""], Ports = [80] }
]
`,
    end: (entry) => [
      `In ${entry.Cluster} addresses of Services lead past the mesh again, until its operator writes them anew.`,
    ],
  },
  {
    kind: 'service-router',
    about: 'routes by path and header, of which only those are taken that change nothing',
    blank: `Kind = "service-router"
Name = ""

Routes = []
`,
    end: () => ['Nothing: a router that is taken sends every request to the service itself.'],
  },
  {
    kind: 'service-splitter',
    about: 'shares of calls, of which only those are taken that change nothing',
    blank: `Kind = "service-splitter"
Name = ""

Splits = [
  { Weight = 100 }
]
`,
    end: () => ['Nothing: a splitter that is taken gives every call to the service itself.'],
  },
];

export const kindOf = (kind) => KINDS.find((one) => one.kind === kind);
