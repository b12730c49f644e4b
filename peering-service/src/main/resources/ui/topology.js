// Who may talk to a service and does, and whom it may talk to and does, as one picture; and the rules for it, on the spot.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {call, path, read} from './api.js';
import {changed, Resource} from './live.js';
import {count} from './format.js';
import {json} from './hcl.js';
import * as icons from './icons.js';
import {Pace, perSecond} from './pace.js';
import {badge, entryLink, news, peerChip, problem, serviceLink, shown, tag} from './parts.js';
import {present, saving} from './saving.js';

const EVERY = 3000;
const ANY = '*';
const KIND = 'service-intentions';
// of each side, until more are asked for
const FEW = 6;

const key = (side, edge) => `${side}/${edge.Peer}/${edge.Service}`;
const isSame = (source, rule) => !source.SamenessGroup && source.Name === rule.Name && (source.Peer ?? '') === (rule.Peer ?? '');
const stands = (edge) => (edge.Connections?.Open ?? 0) > 0;
const whole = (edge) => (edge.Service === ANY ? 'any other service' : edge.Service);
const inWords = (edge) => `${whole(edge)}${edge.Peer ? ` of ${edge.Peer}` : ''}`;

/** Whom a rule of an entry is about. */
const inRule = ({Name: source, Peer: peer, SamenessGroup: group}) => `${source === ANY ? 'any' : source}${peer ? ` of ${peer}` : ''}${group ? ` of group ${group}` : ''}`;

/** How the line to it is drawn: by its form, not by its colour. */
function lineOf(edge) {
  if (edge.May === 'deny') {
    return 'barred';
  }
  if (stands(edge)) {
    return 'stands';
  }
  return edge.By === 'default' ? 'by-default' : 'may';
}

function may(edge) {
  const {May: said, By: by, Peer: peer} = edge;
  if (by === 'peer') {
    return badge('next', `${peer} decides`);
  }
  if (by === 'exports') {
    return badge('bad', 'not exported');
  }
  if (said === null || said === undefined) {
    return badge('off', 'rules hidden');
  }
  if (said === 'deny') {
    return badge('bad', by === 'default' ? 'denied by default' : 'denied');
  }
  return by === 'default' ? badge('warn', 'by default only') : badge('ok', 'allowed');
}

function rule({Rule: found}) {
  if (!found) {
    return nothing;
  }
  const source = found.SourceName === ANY ? 'any' : found.SourceName;
  return html`<a class="muted small" href=${entryLink(KIND, found.DestinationName)}>rule ${source}${found.SourcePeer ? ` of ${found.SourcePeer}` : ''} to ${found.DestinationName === ANY ? 'any' : found.DestinationName}</a>${found.SourceSamenessGroup ? html` ${tag(`group ${found.SourceSamenessGroup}`)}` : nothing}`;
}

export function topology({name, peer, datacenter}) {
  const where = path`hansa/topology/${name}` + (peer ? path`?peer=${peer}` : '');
  const found = new Resource(where, ['services', 'config', 'peerings'], EVERY);
  const pace = new Pace();
  const open = {Callers: false, Callees: false};
  const wanted = {Callers: '', Callees: ''};
  let cut = null;
  // the rules that go on allowing somebody where the rest is denied
  let stays = [];
  let refusal = '';
  let done = '';
  let asking = false;

  const box = saving({
    write: json,
    back: 'Leave it as it is',
    next: 'Close this and begin again.',
    before: () => news(cut ? consequences(cut) : nothing),
    price: () => {
      const known = cut ? (cut.Connections ?? sum(cut.Cut)) : 0;
      return known ? `Save and cut ${count(known, 'connection')}${cut.Connections === null ? ' or more' : ''}` : '';
    },
    refused: () => found.refresh(),
    async saved(entry) {
      done = `Saved: the rules for calls to ${entry.Name}.`;
      found.refresh();
    },
  });

  const sum = (list) => list.reduce((all, one) => all + one.Open, 0);

  const caller = (one) => html`<li><b>${one.Service}</b>${one.Peer ? html` of ${peerChip(one.Peer)}` : nothing}: ${count(one.Open, 'connection')}, by the rule <span class="code">${one.Rule}</span></li>`;

  /** What a save would do to those who talk now; the number is null where some sidecars have not told. */
  function consequences({Connections: told, Filtered: filtered, Cut: list, Beyond: beyond, Sidecars: sidecars}) {
    const listed = sum(list);
    const all = told ?? listed;
    return html`<div class="cut">
      ${all
        ? html`<p class="verdict bad"><b>${told === null ? 'At least ' : ''}${count(all, 'connection')} that ${all === 1 ? 'stands' : 'stand'} now will be cut</b>, at once:</p><ul class="consequences">${list.map(caller)}
            ${all > listed ? html`<li>${count(all - listed, 'connection')} of callers that are not listed here</li>` : nothing}</ul>`
        : told === null
          ? html`<p class="verdict warn"><b>What will be cut is not known.</b></p>`
          : html`<p class="verdict ok"><b>Nothing is cut</b> of what sidecars tell of now.</p>`}
      ${sidecars.Told < sidecars.Connected || !sidecars.Connected
        ? html`<p class="note">${icons.alert}<span>${sidecars.Connected ? `${sidecars.Told} of ${count(sidecars.Connected, 'connected sidecar')}` : 'No sidecar'} of it ${sidecars.Connected ? 'have told' : 'is connected to tell'} of connections: more may be cut.</span></p>`
        : nothing}
      ${stays.length ? html`<p class="note">${icons.alert}<span>Rules of their own go on allowing ${stays.slice(0, FEW).map(inRule).join(', ')}${stays.length > FEW ? `, and ${stays.length - FEW} more` : ''}.</span></p>` : nothing}
      ${filtered ? html`<p class="note">${icons.alert}<span>Callers that your token may not see have connections; they may be cut too.</span></p>` : nothing}
      ${beyond?.Open ? html`<p class="note">${icons.alert}<span>Of ${count(beyond.Open, 'connection')} it is not known whose they are; they may be cut too.</span></p>` : nothing}</div>`;
  }

  const isAmong = (rules) => (one) => rules.some((rule) => isSame(one, rule));

  /**
   * A deny for everybody here, and for everybody of each peer: a rule for all is about the callers of one place. Which
   * peers those are the server says now: what is shown is cut off, and may be a few seconds old.
   */
  async function rest() {
    const {CallerPeers: peers} = await read(where);
    if (!peers) {
      throw new Error(`Nothing is proposed: to deny the rest, a rule must name each peer whose services may call ${name}, and your token may not see peers: it lacks permission 'peering:read' (or 'mesh:read').`);
    }
    return [{Name: ANY, Action: 'deny'}, ...peers.map((one) => ({Name: ANY, Peer: one, Action: 'deny'}))];
  }

  /**
   * The entry with these rules in the place of those for the same sources; nothing is saved before somebody has seen it.
   *
   * @param closes whoever no rule names is denied
   */
  async function propose(destination, named, closes = false) {
    if (asking) {
      return;
    }
    asking = true;
    refusal = '';
    done = '';
    changed();
    try {
      const others = closes ? await rest() : [];
      const rules = [...named, ...others.filter((one) => !isAmong(named)(one))];
      const was = await present(KIND, destination);
      const old = was.entry?.Sources ?? [];
      const said = rules.map((one) => {
        const {Permissions: _, ...before} = old.find((source) => isSame(source, one)) ?? {};
        return {...before, ...one};
      });
      const text = JSON.stringify({
        Kind: KIND,
        Name: destination,
        ...was.entry,
        Sources: [...old.filter((source) => !isAmong(rules)(source)), ...said],
      });
      const [kept, told] = await Promise.all([call('PUT', 'hansa/config/validate', text), call('POST', path`hansa/topology/${destination}`, text)]);
      const {CreateIndex: _, ModifyIndex: __, ...entry} = kept;
      cut = told;
      // of a group, its rule for all comes after those that say themselves whom they are about
      stays = closes ? entry.Sources.filter((one) => one.Action !== 'deny' && !isAmong(named)(one) && !(one.SamenessGroup && one.Name === ANY)) : [];
      box.open(was, true, entry, text);
    } catch (error) {
      refusal = error.message;
    }
    asking = false;
    changed();
  }

  const source = (edge, action) => ({Name: edge.Service, ...(edge.Peer ? {Peer: edge.Peer} : {}), Action: action});

  function orders(which, edge) {
    if (!['rule', 'default'].includes(edge.By) || (which === 'Callees' && edge.Peer)) {
      return nothing;
    }
    const [from, to] = which === 'Callers' ? [inWords(edge), name] : [name, edge.Service];
    const destination = which === 'Callers' ? name : edge.Service;
    const given = which === 'Callers' ? edge : {Service: name, Peer: ''};
    const isOwn = edge.Rule && !edge.Rule.SourceSamenessGroup && edge.Rule.SourceName === given.Service && edge.Rule.DestinationName === destination;
    const button = (word, label, action, closes) => html`<button type="button" class="mini" ?disabled=${asking} aria-label=${label} @click=${() => propose(destination, [source(given, action)], closes)}>${word}</button>`;
    return html`<div class="orders">
      ${isOwn && edge.May === 'allow' ? nothing : button('Allow…', `Allow calls from ${from} to ${to}`, 'allow')}
      ${isOwn && edge.May === 'deny' ? nothing : button('Deny…', `Deny calls from ${from} to ${to}`, 'deny')}
      ${which === 'Callers' && edge.Service !== ANY ? button('Only this…', `Allow calls from ${from} to ${to}, and deny the rest`, 'allow', true) : nothing}</div>`;
  }

  function does(which, edge) {
    if (!edge.Connections) {
      return html`<span class="muted small">connections not known</span>`;
    }
    const rate = pace.rate(key(which, edge));
    const {Open: now, Carried: all} = edge.Connections;
    if (!now && !all) {
      return html`<span class="muted small">${edge.Upstream ? 'has it as an upstream, no connection' : 'no connection'}</span>`;
    }
    return html`<span class="flow-count"><b>${now.toLocaleString('en')}</b> open${rate === null ? nothing : html`, ${perSecond(rate)}`}</span> <span class="muted small">${all.toLocaleString('en')} so far</span>`;
  }

  const line = (which) => (edge) => html`<li class="edge ${lineOf(edge)}" data-end=${inWords(edge)}><div class="card">
    <div class="head">${edge.Service === ANY ? html`<b>any other</b>` : html`<a href=${serviceLink(edge.Service, which === 'Callees' ? edge.Peer : '')}><b>${edge.Service}</b></a>`}
      ${edge.Peer ? peerChip(edge.Peer) : nothing} ${may(edge)}</div>
    <div class="head">${does(which, edge)} ${rule(edge)}</div>
    ${orders(which, edge)}</div></li>`;

  function side(which, value, title, none) {
    const one = value[which];
    const asked = wanted[which].toLowerCase();
    const fitting = asked ? one.Edges.filter((edge) => inWords(edge).toLowerCase().includes(asked)) : one.Edges;
    // what stands is never folded away
    const few = Math.max(FEW, one.Edges.filter(stands).length);
    const drawn = open[which] || asked ? fitting : fitting.slice(0, few);
    return html`<section class="side ${which.toLowerCase()}" aria-label=${title}><h3>${title} <span class="muted">${one.All.toLocaleString('en')}</span></h3>
      ${one.Edges.length > FEW ? html`<input type="search" aria-label="Search: ${title}" placeholder="Search" .value=${wanted[which]} @input=${(event) => {
        wanted[which] = event.target.value;
        changed();
      }}>` : nothing}
      ${drawn.length ? html`<ol>${repeat(drawn, (edge) => key(which, edge), line(which))}</ol>` : html`<p class="muted">${asked ? 'None of that name among those shown.' : none}</p>`}
      ${drawn.length < fitting.length ? html`<button type="button" class="mini" @click=${() => {
        open[which] = true;
        changed();
      }}>Show ${(fitting.length - drawn.length).toLocaleString('en')} more</button>` : nothing}
      ${one.All > one.Edges.length ? html`<p class="muted small">${one.Edges.length} of ${one.All.toLocaleString('en')} can be shown, those with connections first.</p>` : nothing}
      ${one.Beyond?.Open ? html`<p class="muted small">And ${count(one.Beyond.Open, 'connection')} of callers that are not told apart.</p>` : nothing}</section>`;
  }

  /** What is allowed, and nobody has said so. */
  function warning({Callers: callers, DefaultAllow: byDefault}) {
    if (!byDefault || !callers.ByDefault) {
      return nothing;
    }
    const talking = callers.Edges.filter((edge) => edge.May === 'allow' && edge.By === 'default' && stands(edge));
    return html`<div class="verdict warn default-only"><p><b>${count(callers.ByDefault, 'caller')} ${callers.ByDefault === 1 ? 'is' : 'are'} allowed only by the default of ${datacenter}</b>, since no rule is about ${callers.ByDefault === 1 ? 'it' : 'them'}${talking.length ? html`; ${talking.length === 1 ? 'this one talks' : `${talking.length} of those talk`} now: ${talking.slice(0, 8).map(inWords).join(', ')}${talking.length > 8 ? ', …' : ''}` : nothing}.</p>
      <div class="row">${everybody(callers)}</div></div>`;
  }

  function everybody(callers) {
    const now = callers.Edges.filter((edge) => stands(edge) && edge.May === 'allow');
    return html`${now.length ? html`<button type="button" ?disabled=${asking} @click=${() => propose(name, now.map((edge) => source(edge, 'allow')), true)}>Allow those who talk now, deny the rest…</button>` : nothing}
      <button type="button" ?disabled=${asking} @click=${() => propose(name, [], true)}>Deny the rest…</button>`;
  }

  function heard({Sidecars: {Connected: connected, Told: told}}) {
    if (peer) {
      return html`<p class="muted small">As the sidecars of its callers here tell, once a second. Who may call it is decided at ${peer}, and what it calls is known there.</p>`;
    }
    if (!connected) {
      return html`<p class="note">${icons.alert}<span>No sidecar of ${name} is connected: what talks now is not known.</span></p>`;
    }
    return told < connected
      ? html`<p class="note">${icons.alert}<span>${told} of ${count(connected, 'connected sidecar')} ${told === 1 ? 'tells' : 'tell'} of connections; what the others carry is not known.</span></p>`
      : html`<p class="muted small">As ${count(connected, 'sidecar')} of ${name} ${connected === 1 ? 'tells' : 'tell'}, once a second.</p>`;
  }

  const LEGEND = [['stands', 'connections stand'], ['may', 'may'], ['by-default', 'may, by the default only'], ['barred', 'may not']];

  function picture(value) {
    pace.take(value, ['Callers', 'Callees'].flatMap((which) => value[which].Edges.map((edge) => [key(which, edge), edge.Connections?.Carried ?? null])));
    return html`${news(done ? html`<p class="done">${icons.ok}<span>${done}</span></p>` : nothing)}
      ${refusal ? problem(refusal) : nothing}
      ${warning(value)}
      <div class="topology">
        ${side('Callers', value, 'Who may call it', peer ? 'No sidecar here has it as an upstream.' : 'Nobody.')}
        <div class="middle"><div class="card"><b>${name}</b><span class="chip ${peer ? 'far' : 'near'}">${peer || datacenter}</span></div></div>
        ${peer ? html`<section class="side callees"></section>` : side('Callees', value, 'Whom it may call', 'Nobody.')}
      </div>
      <p class="legend" aria-hidden="true">${LEGEND.map(([form, word]) => html`<span class="pair"><span class="key ${form}"></span>${word}</span>`)}</p>
      ${heard(value)}`;
  }

  return {
    resource: found,
    stop: () => box.close(),
    draw: () => html`${box.draw()}${shown(found, picture)}`,
  };
}
