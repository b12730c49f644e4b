// One service: where its calls go, who talks to it, its instances with their checks, and who may call it.
import {html, nothing} from './lit-html/lit-html.js';
import {path} from './api.js';
import {chain} from './chain.js';
import {Resource} from './live.js';
import {moment} from './format.js';
import {badge, empty, framed, health, peerChip, shown, tag, worstOf} from './parts.js';
import {topology} from './topology.js';
import {leafLife} from './trust.js';

const SIDECAR = '-sidecar-proxy';

/** The proxy that stands for an instance: its id says so. */
function proxyOf(instance, proxies) {
  return proxies.find((proxy) => proxy.Service.ID === instance.Service.ID + SIDECAR && proxy.Node.Node === instance.Node.Node);
}

function checks(title, list, none) {
  return html`<div class="checks"><h4>${title}</h4>
    ${list.length
      ? html`<ul>${list.map((check) => html`<li>${health(check.Status)} <b>${check.Name || check.CheckID}</b>
          ${check.Type ? html`<span class="muted">${check.Type}</span>` : nothing}
          ${check.Output ? html`<pre class="output">${check.Output}</pre>` : nothing}</li>`)}</ul>`
      : html`<p class="muted">${none}</p>`}</div>`;
}

// of a proxy that stands for an instance, what both were told is told once
const own = (proxy, instance) => proxy.Checks.filter((check) => !instance.Checks.some((other) => other.CheckID === check.CheckID));

/** How long the certificate lasts that the instance's sidecar uses, as the sidecar tells. */
function leaf({Service, Node}, lives) {
  const told = lives?.Proxies.find((one) => one.ServiceID === Service.ID && one.Node === Node.Node);
  if (!told) {
    return html`<p class="muted">Its sidecar is not connected here, and tells nothing of its certificate.</p>`;
  }
  const [from, until] = [moment(told.NotBefore), moment(told.NotAfter)];
  return from === null || until === null ? html`<p class="muted">Its sidecar does not tell of its certificate.</p>` : leafLife(from, until);
}

function instance(one, proxies, lives, peer) {
  const proxy = proxyOf(one, proxies);
  const application = one.Checks.filter((check) => check.Type !== 'proxy');
  const told = [...(proxy ? own(proxy, one) : []), ...one.Checks.filter((check) => check.Type === 'proxy' && !proxy)];
  const {Service, Node} = one;
  return html`<li class="card instance">
    <div class="head"><b>${Service.ID}</b> ${health(worstOf([...one.Checks, ...told]))}
      <span class="muted">on ${Node.Node}</span>
      ${Service.Port ? html`<span class="code">${Service.Address || Node.Address}:${Service.Port}</span>` : nothing}
      ${Service.Tags.map(tag)}</div>
    <div class="two">
      ${checks('Application', application, peer ? 'The peer tells of no check.' : 'No check of the application.')}
      ${checks('Proxy', told, peer ? 'Its proxy is at the peer.' : 'No sidecar stands for it.')}
    </div>
    ${proxy && lives ? html`<div class="leaf"><h4>Certificate of its sidecar</h4>${leaf(one, lives)}</div>` : nothing}</li>`;
}

function intentions(list, name, allows) {
  const rules = list[name] ?? [];
  if (!rules.length) {
    return empty('No intention', `No rule is about calls to ${name}; the default of this datacenter decides.`);
  }
  return framed(`Intentions for calls to ${name}`, html`<table class="list"><caption class="hidden">Intentions for calls to ${name}, the first that fits decides</caption>
    <thead><tr><th scope="col">Precedence</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Action</th><th scope="col">Description</th></tr></thead>
    <tbody>${rules.map((rule) => html`<tr><td>${rule.Precedence}</td><th scope="row">${rule.SourceName} ${rule.SourcePeer ? peerChip(rule.SourcePeer) : nothing}${rule.SourceSamenessGroup ? tag(rule.SourceSamenessGroup) : nothing}</th>
      <td>${rule.DestinationName}</td><td>${rule.Action === 'allow' ? badge('ok', 'allow') : badge('bad', 'deny')}</td><td class="muted">${rule.Description ?? ''}</td></tr>`)}</tbody></table>`);
}

export function service({name, query, datacenter}) {
  const peer = query.get('peer') ?? '';
  const from = peer ? path`?peer=${peer}` : '';
  const instances = new Resource(path`health/service/${name}` + from, ['services']);
  const proxies = peer ? null : new Resource(path`health/connect/${name}`, ['services']);
  const explanation = new Resource(path`hansa/explain/${name}` + from, ['services', 'config', 'peerings', 'failovers'], 5000);
  const rules = peer ? null : new Resource(path`connect/intentions/match?by=destination&name=${name}`, ['config']);
  // a certificate is renewed without being told of
  const lives = peer ? null : new Resource(path`hansa/proxies/${name}`, ['services'], 10_000);
  const talks = topology({name, peer, datacenter});
  const exported = new Resource('exported-services', ['config', 'services']);

  function consumers() {
    const one = (exported.value ?? []).find((entry) => entry.Service === name);
    return !peer && one ? html`<p>Exported to ${one.Consumers.Peers.map(peerChip)}</p>` : nothing;
  }

  const all = (list) =>
    list.length
      ? html`<ul class="instances">${list.map((one) => instance(one, proxies?.value ?? [], lives?.value, peer))}</ul>`
      : empty('No instance', peer ? `${peer} shows no instance of ${name}.` : `Nothing of this name runs in ${datacenter}.`);

  return {
    title: name,
    resources: [instances, explanation, exported, talks.resource, ...(peer ? [] : [proxies, rules, lives])],
    stop: talks.stop,
    body: () => html`<nav class="crumbs" aria-label="Where this is"><a href="#/services">Services</a></nav>
      <header class="page"><div><h1 tabindex="-1">${name}</h1>
        <p class="lead">${peer ? html`imported from ${peerChip(peer)} into ${datacenter}` : html`in ${datacenter}`}</p>${consumers()}</div></header>
      <section aria-labelledby="routing"><h2 id="routing">Where calls go</h2>
        ${explanation.error?.status === 404 ? empty('Nobody routes to it', explanation.error.message) : shown(explanation, chain)}</section>
      <section aria-labelledby="talks"><h2 id="talks">Who talks to it, and whom it talks to</h2>${talks.draw()}</section>
      <section aria-labelledby="instances"><h2 id="instances">Instances ${instances.value ? html`<span class="muted">${instances.value.length}</span>` : nothing}</h2>
        ${shown(instances, all)}</section>
      ${peer
        ? html`<p class="muted">Who may call it is decided at ${peer}.</p>`
        : html`<section aria-labelledby="intentions"><h2 id="intentions">Who may call it</h2>${shown(rules, (list) => intentions(list, name))}</section>`}`,
  };
}
