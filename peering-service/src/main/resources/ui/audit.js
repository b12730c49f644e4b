// Who has done what, from where, and what became of it: the newest first, as far back as somebody asks.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {live as bound} from './lit-html/directives/live.js';
import {call} from './api.js';
import {changed, now, Resource} from './live.js';
import {ago, clockTime, count, moment} from './format.js';
import {badge, empty, problem, shown, submitting} from './parts.js';

// denials change nothing that the server would tell of
const EVERY = 3000;
const PAGE = 100;
// lines in one table; whoever needs more narrows the question, or reads the export
const MOST = 2000;
const HOUR = 3_600_000;

const OUTCOMES = {applied: 'ok', begun: 'next', refused: 'warn', denied: 'bad', failed: 'bad'};

const CLASSES = [
  ['', 'Everything'],
  ['trust', 'Trust: tokens, policies, authority, servers'],
  ['change', 'Other changes'],
  ['refusal', 'What was refused'],
];

const TIMES = [
  ['', 'At any time'],
  ['1', 'In the last hour'],
  ['24', 'In the last day'],
  ['168', 'In the last week'],
];

const number = (record) => record.Number;

export function audit({query, datacenter}) {
  const blank = {who: '', what: '', on: '', class: '', hours: ''};
  const asked = Object.fromEntries(Object.keys(blank).map((name) => [name, query.get(name) ?? '']));
  const ends = new Resource('hansa/audit/ends', ['config'], EVERY);
  // until the question is another; `since` is a moment, so that older pages ask what the first one asked
  let newest;
  let older;
  let since;
  let seen = null;

  function where(before) {
    const words = new URLSearchParams({limit: PAGE});
    for (const name of ['who', 'what', 'on', 'class']) {
      if (asked[name]) {
        words.set(name, asked[name]);
      }
    }
    if (since) {
      words.set('since', since);
    }
    if (before) {
      words.set('before', before);
    }
    return `hansa/audit?${words}`;
  }

  function begin() {
    newest?.stop();
    since = asked.hours ? new Date(now() - asked.hours * HOUR).toISOString() : '';
    older = {records: [], next: 0, begun: false, busy: false, refusal: ''};
    seen = null;
    newest = new Resource(where(0), ['config', 'services', 'peerings', 'failovers'], EVERY);
    newest.start();
    changed();
  }

  /** What came while older pages were on view stays on view with them; if too much came to know all of it, they go. */
  function all(page) {
    if (seen && seen !== page) {
      const least = page.Records.at(-1)?.Number ?? 0;
      const fallen = seen.Records.filter((record) => record.Number < least);
      if (fallen.length === seen.Records.length && fallen.length > 0 && page.Next) {
        older = {records: [], next: 0, begun: false, busy: false, refusal: ''};
      } else if (older.begun) {
        older.records = [...fallen, ...older.records].slice(0, MOST);
      }
    }
    seen = page;
    return [...page.Records, ...older.records];
  }

  const next = (page) => (older.begun ? older.next : page.Next);

  const more = submitting(() => older, async (mine) => {
    const page = await call('GET', where(next(newest.value)));
    mine.records = [...mine.records, ...page.Records];
    mine.next = page.Next;
    mine.begun = true;
  });

  const ask = (event) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget);
    Object.keys(blank).forEach((name) => (asked[name] = words.get(name).trim()));
    begin();
  };

  const text = (name, label, hint) => html`<label>${label}<input name=${name} maxlength="128" autocomplete="off" spellcheck="false" placeholder=${hint} .value=${bound(asked[name])}></label>`;

  const choice = (name, label, options) => html`<label>${label}<select name=${name} @change=${(event) => event.target.form.requestSubmit()}>
    ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === asked[name]}>${words}</option>`)}</select></label>`;

  const question = () => html`<form class="card ask audit-ask" role="search" aria-label="Records" @submit=${ask}>
    ${text('who', 'Who', 'accessor, peer, system')}${text('what', 'Did what', 'acl-token, config-entry')}${text('on', 'On what', 'name')}
    ${choice('class', 'Kind', CLASSES)}${choice('hours', 'When', TIMES)}<button type="submit">Look</button></form>`;

  function line(record) {
    const at = moment(record.Time);
    return html`<tr data-number=${record.Number}><td class="number muted">${record.Number}</td>
      <td class="time" title=${record.Time}>${clockTime(at, now())} <span class="muted">${ago(at, now())}</span></td>
      <th scope="row" class="who">${record.Who}${record.From ? html` <span class="muted">from ${record.From}</span>` : nothing}</th>
      <td>${record.What}</td><td class="on">${record.On}</td>
      <td>${badge(OUTCOMES[record.Outcome] ?? 'off', record.Outcome)}${record.Sentence === record.Outcome ? nothing : html` <span class="muted said">${record.Sentence.slice(record.Outcome.length).replace(/^: /, '')}</span>`}</td></tr>`;
  }

  function foot(page, lines) {
    if (lines >= MOST) {
      return html`<p class="muted">The newest ${lines.toLocaleString('en')}. Narrow the question to see what was before, or read the export of a server.</p>`;
    }
    return next(page)
      ? html`<form @submit=${more}>${older.refusal ? problem(older.refusal) : nothing}
          <button type="submit" ?disabled=${older.busy}>${older.busy ? 'Reading…' : 'Show older ones'}</button></form>`
      : html`<p class="muted">${lines ? 'This is the first of those that the servers keep.' : ''}</p>`;
  }

  function table(page) {
    const records = all(page);
    return html`${records.length
      ? html`<table class="list audit"><caption class="hidden">Records, the newest first</caption>
          <thead><tr><th scope="col" class="number">No.</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">On</th><th scope="col">Outcome</th></tr></thead>
          <tbody>${repeat(records, number, line)}</tbody></table>`
      : empty(next(page) ? 'Not among the newest' : 'No record', next(page) ? 'Older ones have not been looked through yet.' : 'Nothing that fits has been done, or was refused.')}
      ${foot(page, records.length)}`;
  }

  // a cut at the end of the log shows only to who has kept where it ended
  const chain = ({Head}) => html`<p class="muted small chain">${count(Head.Number, 'record')} so far; the hash of the last one is <span class="code">${Head.Hash}</span>.
    <span class="code">hansa audit verify -head FILE</span>, run from another machine, computes all of them again and keeps where they ended, so that nothing can be cut off or written anew unnoticed.</p>`;

  return {
    title: 'Audit',
    resources: [ends],
    start: begin,
    stop: () => newest.stop(),
    body: () => html`<header class="page"><div><h1 tabindex="-1">Audit</h1>
        <p class="lead">Who has done what in ${datacenter}, and what was not let happen. Reads are not in it.</p></div></header>
      ${question()}
      ${newest ? shown(newest, table) : nothing}
      ${ends.value ? chain(ends.value) : nothing}`,
  };
}
