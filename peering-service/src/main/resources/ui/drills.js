// What operators have told failover to do for a while: drills, drains, forces and holds. Each ends by itself.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {live as bound} from './lit-html/directives/live.js';
import {call} from './api.js';
import {changed, now, Resource} from './live.js';
import {countdown, moment} from './format.js';
import * as icons from './icons.js';
import {badge, Dialog, empty, field, framed, millis, place, problem, submitting} from './parts.js';

const TIMES = [['30s', '30 seconds'], ['2m', '2 minutes'], ['10m', '10 minutes']];
const BY = 'web UI';
// a drill's own figures move while it runs
const EVERY = 1000;

const isDrill = (control) => control.What.startsWith('drill of ');

/** The reports of drills that this page has seen. */
class Reports {
  #byId = new Map();

  watch(controls) {
    for (const control of controls.filter(isDrill)) {
      if (!this.#byId.has(control.ID)) {
        this.#byId.set(control.ID, new Resource(`hansa/failover/drills/${control.ID}`, ['config'], EVERY).start());
      }
    }
    for (const report of this.#byId.values()) {
      if (report.value?.Done) {
        report.stop();
      }
    }
  }

  all() {
    return [...this.#byId.values()].map((report) => report.value).filter((value) => value).reverse();
  }

  stop() {
    this.#byId.forEach((report) => report.stop());
  }
}

function traffic(word, one, here) {
  return one
    ? html`<tr><th scope="row">${word}</th><td class="number">${one.Served.toLocaleString('en')}</td><td class="number ${one.Refused ? 'strong-bad' : ''}">${one.Refused}</td>
        <td class="number">${millis(one.P50WithinMillis)}</td><td class="number">${millis(one.P99WithinMillis)}</td>
        <td>${Object.entries(one.Carried).filter(([, carried]) => carried).map(([label, carried]) => html`<div>${place(label, here)} ${carried.toLocaleString('en')}</div>`)}</td></tr>`
    : html`<tr><th scope="row">${word}</th><td colspan="5" class="muted">not yet</td></tr>`;
}

function report(one, here) {
  return html`<article class="card report"><div class="head">${icons.drill}<b>${one.What}</b> ${one.Done ? badge('ok', 'done') : one.EndedAt ? badge('next', 'ended, watching') : badge('away', 'running')}
      <span class="muted">by ${one.By}${one.Reason ? `: ${one.Reason}` : ''}</span></div>
    <dl class="facts">${field('Sidecars that went over', one.Proxies ?? (one.EndedAt ? 'not all, it ended before' : 'not all yet'))}${field('All went over within', millis(one.OverMillis))}${field('All came back within', millis(one.BackMillis))}</dl>
    ${framed('Connections before, during and after the drill', html`<table class="list plain-table"><caption class="hidden">Connections before, during and after the drill</caption>
      <thead><tr><th scope="col"></th><th scope="col" class="number">Served</th><th scope="col" class="number">Refused</th><th scope="col" class="number">Half within</th><th scope="col" class="number">99 % within</th><th scope="col">Carried by</th></tr></thead>
      <tbody>${traffic('Before', one.Before, here)}${traffic('During', one.During, here)}${traffic('After', one.After, here)}</tbody></table>`)}</article>`;
}

export function drills(readiness, controls, datacenter) {
  const reports = new Reports();
  const blank = {service: '', time: '30s', reason: '', busy: false, refusal: ''};
  let state = {...blank};
  let refusal = '';
  const dialog = new Dialog('drill', () => (state = {...blank}));

  const ready = () => (readiness.value ?? []).filter((one) => one.Ready && !one.FailedOver).map((one) => one.Service);

  const choose = (event) => {
    state.service = event.target.value;
    changed();
  };

  const order = submitting(() => state, async (mine) => {
    if (!ready().includes(mine.service)) {
      return;
    }
    await call('POST', 'hansa/failover/controls', {Kind: 'drill', Service: mine.service, TTL: mine.time, By: BY, Reason: mine.reason});
    controls.refresh();
    if (state === mine) {
      dialog.close();
    }
  });

  async function end(control) {
    refusal = '';
    try {
      await call('DELETE', `hansa/failover/controls/${control.ID}?by=${encodeURIComponent(BY)}`);
    } catch (error) {
      refusal = error.message;
    }
    controls.refresh();
    changed();
  }

  const form = () => {
    const names = ready();
    const isThere = names.includes(state.service);
    return html`<form @submit=${order}>
      <p>The instances in ${datacenter} get no calls for a while, and nothing is killed. Callers go to the next target; the report says what they noticed. It ends by itself, whatever becomes of this page.</p>
      <label>Service <select name="service" required @change=${choose}>
        <option value="" .selected=${bound(!isThere)}>choose one</option>
        ${repeat(names, (name) => name, (name) => html`<option value=${name} .selected=${bound(name === state.service)}>${name}</option>`)}</select></label>
      <label>For <select name="time" @change=${(event) => (state.time = event.target.value)}>${TIMES.map(([time, word]) => html`<option value=${time} ?selected=${time === state.time}>${word}</option>`)}</select></label>
      <label>Reason <span class="muted">(in the audit log)</span><input name="reason" maxlength="200" autocomplete="off" @input=${(event) => (state.reason = event.target.value)}></label>
      ${readiness.value === null ? problem('Which services have a healthy target to go over to is not known: it has not been read.') : nothing}
      ${readiness.value !== null && !names.length ? problem('No service has a healthy target to go over to at the moment.') : nothing}
      ${names.length && state.service && !isThere ? problem(`${state.service} has no healthy target to go over to at the moment.`) : nothing}
      ${state.refusal ? problem(state.refusal) : nothing}
      <footer><button type="button" @click=${() => dialog.close()}>Cancel</button><button type="submit" class="primary" ?disabled=${state.busy || !isThere}>Begin the drill</button></footer></form>`;
  };

  const line = (control) => html`<tr><th scope="row">${icons.drill} ${control.What}</th><td>${control.By}</td><td class="muted">${control.Reason}</td>
    <td role="timer">${countdown(moment(control.Until) - now())}</td>
    <td class="number"><button type="button" @click=${() => end(control)} aria-label="End ${control.What} now">End now</button></td></tr>`;

  function draw() {
    const inForce = controls.value ?? [];
    reports.watch(inForce);
    return html`${refusal ? problem(refusal) : nothing}
      ${inForce.length
        ? framed('Controls in force', html`<table class="list controls"><caption class="hidden">Controls in force</caption><thead><tr><th scope="col">In force</th><th scope="col">By</th><th scope="col">Reason</th><th scope="col">Ends in</th><th scope="col"><span class="hidden">End it</span></th></tr></thead>
            <tbody>${inForce.map(line)}</tbody></table>`)
        : empty('Nothing is steered by hand', 'Drills, drains, forces and holds stand here while they are in force.')}
      ${reports.all().map((one) => report(one, datacenter))}`;
  }

  return {
    draw,
    dialog: () => dialog.draw('Drill a failover', form),
    open: () => dialog.open(),
    stop() {
      dialog.close();
      reports.stop();
    },
  };
}
