// When calls went to another target, why, and for how long; and what operators make failover do.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {now, Resource} from './live.js';
import {count, duration, moment} from './format.js';
import {drills} from './drills.js';
import * as icons from './icons.js';
import {lanes} from './lanes.js';
import {badge, empty, framed, place, serviceLink, shown, when} from './parts.js';

const TURNS = {over: ['away', 'over'], back: ['ok', 'back'], lost: ['bad', 'lost']};
// a table of more is not read; the log has them all
const MOST = 200;

/** Those services whose calls do not go to their first target. */
export function astray(readiness) {
  return readiness.filter((one) => one.FailedOver || !one.Live);
}

/** One service that is not served as usual, with the event that led there. */
export function alarm(one, events, here) {
  const event = events.findLast((each) => each.Service === one.Service);
  const since = event ? moment(event.At) : null;
  return html`<li class="alarm ${one.Live ? 'away' : 'lost'}">
    ${one.Live ? icons.failovers : icons.alert}
    <div><a href=${serviceLink(one.Service)}><b>${one.Service}</b></a>
      ${one.Live ? html`has failed over to ${place(one.Live, here)}` : html`has <b>no target</b>: calls are refused`}
      ${since === null ? nothing : html`<span class="muted">for ${duration(Math.max(0, now() - since))}</span>`}
      ${event || one.Reason ? html`<p class="muted">${event?.Cause ?? one.Reason}</p>` : nothing}</div></li>`;
}

function line(event, all, here) {
  const [tone, word] = TURNS[event.Turn] ?? ['off', event.Turn];
  const next = all.find((other) => other.Service === event.Service && other.Index > event.Index);
  const at = moment(event.At);
  const isDrill = event.Cause.startsWith('out for a drill');
  return html`<tr data-turn=${event.Turn}><td class="time">${when(at, now())}</td>
    <th scope="row"><a href=${serviceLink(event.Service)}>${event.Service}</a></th>
    <td>${badge(tone, word)}</td>
    <td>${event.From ? place(event.From, here) : html`<span class="muted">nobody</span>`} <span class="to"><span class="hidden">to</span>${icons.arrow}</span> ${event.To ? place(event.To, here) : html`<span class="strong-bad">nobody</span>`}</td>
    <td class="cause">${isDrill ? html`<span class="chip drill">${icons.drill}drill</span> ` : nothing}${event.Cause}</td>
    <td class="lasted">${next ? duration(next.LastedMillis) : html`${duration(Math.max(0, now() - at))}, still`}</td></tr>`;
}

export function failovers({datacenter}) {
  const log = new Resource('hansa/failovers', ['failovers']);
  const readiness = new Resource('hansa/failover/readiness', ['services', 'config', 'failovers', 'peerings']);
  const controls = new Resource('hansa/failover/controls', ['config']);
  const steered = drills(readiness, controls, datacenter);

  function timeline(events) {
    if (!events.length) {
      return empty('No failover yet', 'When calls of a service go to another target, it stands here at once, with the reason.');
    }
    return html`${lanes(events, now(), datacenter)}
      ${framed('Failovers and failbacks', html`<table class="list events"><caption class="hidden">Failovers and failbacks, the newest first</caption>
        <thead><tr><th scope="col">When</th><th scope="col">Service</th><th scope="col">Turn</th><th scope="col">From, to</th><th scope="col">Cause</th><th scope="col">Lasted</th></tr></thead>
        <tbody>${repeat(events.slice(-MOST).reverse(), (event) => event.Index, (event) => line(event, events, datacenter))}</tbody></table>`)}
      ${events.length > MOST ? html`<p class="muted">The last ${MOST} of ${count(events.length, 'event')}.</p>` : nothing}
      <p class="muted small">Since this leader leads; the servers' logs have what was before.</p>`;
  }

  function sum(all, home, not) {
    if (all === 0) {
      return 'No service has a second target. A service-resolver gives it one.';
    }
    if (home === 0) {
      return html`${badge('away', 'failed over')} Every service that has a second target.`;
    }
    return not === 0
      ? html`${badge('ok', 'ready')} ${count(home, 'service')} could fail over this minute.`
      : html`${badge('warn', 'not ready')} ${count(not, 'service')} of ${home} could not fail over this minute.`;
  }

  function ready(all) {
    // what has failed over stands above, and is not said to be unable to
    const home = all.filter((one) => !one.FailedOver);
    const not = home.filter((one) => !one.Ready);
    return html`<p class="ready">${sum(all.length, home.length, not.length)}</p>
      ${not.length ? html`<ul class="obstacles">${not.map((one) => html`<li><a href=${serviceLink(one.Service)}>${one.Service}</a> <span class="muted">${one.Reason}</span></li>`)}</ul>` : nothing}`;
  }

  return {
    title: 'Failovers',
    resources: [log, readiness, controls],
    stop: () => steered.stop(),
    body: () => {
      const away = astray(readiness.value ?? []);
      return html`<header class="page"><div><h1 tabindex="-1">Failovers</h1><p class="lead">Where the calls of ${datacenter} went, and why.</p></div>
        <button type="button" class="primary" @click=${steered.open}>${icons.drill}<span>Run a drill…</span></button></header>
      ${away.length ? html`<ul class="alarms" aria-label="In progress">${away.map((one) => alarm(one, log.value ?? [], datacenter))}</ul>` : nothing}
      ${shown(readiness, ready)}
      ${steered.dialog()}
      <section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>${shown(log, timeline)}</section>
      <section aria-labelledby="steered"><h2 id="steered">Steered by hand</h2>${shown(controls, () => steered.draw())}</section>`;
    },
  };
}
