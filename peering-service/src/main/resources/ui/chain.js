// Where calls of a service go, drawn as the chain that proxies are told: targets in order, with the evidence for each.
import {html, nothing} from './lit-html/lit-html.js';
import {duration, moment} from './format.js';
import * as icons from './icons.js';
import {now} from './live.js';
import {badge, framed, place, targetName, whenInZone} from './parts.js';

const STATES = {
  live: ['live', 'calls go here'],
  next: ['next', 'next'],
  spare: ['off', 'spare'],
  down: ['bad', 'down'],
};

/** The way there: each kind of place once, with how many of them are well. */
function stations(hops) {
  const found = [];
  for (const hop of hops) {
    const last = found.at(-1);
    if (last && last.kind === hop.Kind && last.where === hop.Where) {
      last.hops.push(hop);
    } else {
      found.push({kind: hop.Kind, where: hop.Where, hops: [hop]});
    }
  }
  return found;
}

const KINDS = {'mesh-gateway': ['mesh gateway', icons.gateway], sidecar: ['sidecar', icons.services]};

function station({kind, where, hops}) {
  const [word, icon] = KINDS[kind] ?? [kind, nothing];
  const well = hops.filter((hop) => hop.Healthy).length;
  const name = where.replace(/^peer '(.*)'$/, '$1');
  return html`<li class=${well ? '' : 'broken'}>${icon}<span><b>${name}</b> ${word}${hops.length > 1 ? ` ${well}/${hops.length}` : ''}</span></li>`;
}

function details(target) {
  return html`<details><summary>Names and addresses on the way</summary>
    ${framed('Names and addresses on the way', html`<table class="plain-table"><thead><tr><th scope="col">Place</th><th scope="col">Address</th><th scope="col">Evidence</th></tr></thead><tbody>
      ${target.Hops.map((hop) => html`<tr><td>${hop.Where} ${KINDS[hop.Kind]?.[0] ?? hop.Kind}</td><td class="code">${hop.Address || 'known to the peer alone'}</td>
        <td>${hop.Evidence}</td></tr>`)}</tbody></table>`, 'bare')}
    <dl><dt>SNI</dt><dd class="code">${target.SNI}</dd><dt>Expected identities</dt><dd class="code">${target.SpiffeIDs.join(', ') || 'none known'}</dd></dl>
  </details>`;
}

function source(target) {
  const age = target.EvidenceAgeMillis;
  return `told by ${target.EvidenceFrom}${target.EvidenceConnected ? '' : ', not connected'}${age === null ? '' : `, heard ${duration(age)} ago`}`;
}

function step(target, number, here) {
  const [tone, word] = STATES[target.State] ?? ['off', target.State];
  return html`<li class="step ${target.State}" data-target=${target.Target}>
    <span class="number" aria-hidden="true">${target.State === 'live' ? icons.ok : target.State === 'down' ? icons.cross : number}</span>
    <div class="card">
      <div class="head">${place(target.Target, here)} ${badge(tone, word)}</div>
      <p class="evidence">${target.Evidence}</p>
      <p class="muted small">${source(target)}</p>
      <ol class="way" aria-label="The way there">${stations(target.Hops).map(station)}</ol>
      ${details(target)}
    </div></li>`;
}

function why(explanation, here) {
  if (!explanation.Live) {
    return html`<p class="verdict bad"><b>Calls are refused.</b> ${explanation.BrokenLink}</p>`;
  }
  const {peer} = targetName(explanation.Live);
  const first = explanation.Targets[0];
  const refused = explanation.BrokenLink ? html` <span class="strong-bad">But: ${explanation.BrokenLink}.</span>` : nothing;
  if (first.Target === explanation.Live) {
    return html`<p class="verdict ok">Calls go to <b>${peer || here}</b>, which comes first: ${first.Evidence}.${refused}</p>`;
  }
  return html`<p class="verdict away"><b>Failed over.</b> Calls go to <b>${peer || here}</b>, since ${targetName(first.Target).peer || here} is out: ${first.Evidence}.${refused}</p>`;
}

function seen(explanation) {
  if (!explanation.Seen.length) {
    return nothing;
  }
  return html`<h3>What callers' sidecars have met</h3>
    ${framed('What callers\' sidecars have met', html`<table class="list plain-table"><thead><tr><th scope="col">Caller</th><th scope="col">Sidecar</th><th scope="col">Connections carried</th><th scope="col">Failed attempts</th><th scope="col">Refused</th></tr></thead>
    <tbody>${explanation.Seen.map((one) => html`<tr><th scope="row">${one.Caller}</th><td class="code">${one.Sidecar}</td>
      <td>${one.Targets.map((target) => html`<div>${place(target.Target, explanation.Datacenter)} ${target.Carried.toLocaleString('en')}</div>`)}</td>
      <td>${one.Targets.reduce((sum, target) => sum + target.FailedAttempts, 0)}</td><td>${one.Refused}</td></tr>`)}</tbody></table>`)}`;
}

export function chain(explanation) {
  const here = explanation.Datacenter;
  return html`${why(explanation, here)}
    ${explanation.Controls.map((control) => html`<p class="note">${icons.drill}<span>${control.What} by ${control.By} until ${whenInZone(moment(control.Until), now())}${control.Reason ? `: ${control.Reason}` : ''}</span></p>`)}
    <ol class="chain" aria-label="Targets in order">
      <li class="step caller"><span class="number" aria-hidden="true">${icons.arrow}</span><div class="card"><div class="head"><span class="place"><b>a caller</b> <span class="chip near">${here}</span></span></div></div></li>
      ${explanation.Targets.map((target, i) => step(target, i + 1, here))}
    </ol>
    <p class="muted small">${explanation.Resolver ? html`By <span class="code">service-resolver/${explanation.Service}</span>, index ${explanation.Resolver.ModifyIndex}.` : 'No service-resolver is in force: calls go to the instances here.'}
      One attempt may take ${duration(explanation.ConnectTimeoutMillis)}.</p>
    ${seen(explanation)}`;
}
