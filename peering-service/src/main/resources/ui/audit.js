// Who has done what, from where, and what became of it: the newest first, as far back as somebody asks.
import {html, nothing} from './lit-html/lit-html.js';
import {live as bound} from './lit-html/directives/live.js';
import {call} from './api.js';
import {changed, now, Resource} from './live.js';
import {ago, count, moment} from './format.js';
import {badge, empty, framed, problem, shown, submitting, when} from './parts.js';
import {Window} from './window.js';

// denials change nothing that the server would tell of
const EVERY = 3000;
const PAGE = 100;
// records that the server looks at for one answer
const WINDOW = 10_000;
// lines in one table; whoever needs more narrows the question, or reads the export
const MOST = 2000;
const HOUR = 3_600_000;
// of a record of one line, in CSS pixels
const ROW = 40;

const OUTCOMES = {applied: 'ok', begun: 'next', refused: 'warn', denied: 'bad', failed: 'bad'};

const CLASSES = [
  ['', 'Everything'],
  ['trust', 'Trust: tokens, policies, authority, servers'],
  ['change', 'Other changes'],
  ['service', 'Changes of one service'],
  ['registration', 'Registrations and logins'],
  ['refusal', 'What was refused'],
];

const TIMES = [
  ['', 'At any time'],
  ['1', 'In the last hour'],
  ['24', 'In the last day'],
  ['168', 'In the last week'],
];

const number = (record) => record.Number;

/** Up to where a newest page has looked, at least: it ends where it is full, or where the server has looked at enough. */
const top = (page) => Math.max(page.Records[0]?.Number ?? 0, page.Next && page.Records.length < PAGE ? page.Next + WINDOW - 1 : 0);

export function audit({query, datacenter}) {
  const among = (options, name) => (options.some(([value]) => value === query.get(name)) ? query.get(name) : '');
  const asked = {who: query.get('who') ?? '', what: query.get('what') ?? '', on: query.get('on') ?? '', class: among(CLASSES, 'class'), hours: among(TIMES, 'hours')};
  // what stands in the boxes, which is not asked before somebody says so
  const typed = {...asked};
  const rows = new Window('records', ROW, false);
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
      // below it the page has not looked
      const fallen = seen.Records.filter((record) => record.Number < page.Next);
      if (page.Next > top(seen) + 1) {
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
    // from now on: what falls off the newest page while this one is on its way belongs here
    mine.next = next(newest.value);
    mine.begun = true;
    const page = await call('GET', where(mine.next));
    mine.records = [...mine.records, ...page.Records];
    mine.next = page.Next;
  });

  const ask = (event) => {
    event.preventDefault();
    Object.keys(asked).forEach((name) => (asked[name] = typed[name].trim()));
    begin();
  };

  const text = (name, label, hint) => html`<label>${label}<input name=${name} maxlength="128" autocomplete="off" spellcheck="false" placeholder=${hint} .value=${bound(typed[name])} @input=${(event) => (typed[name] = event.target.value)}></label>`;

  const pick = (name, select) => {
    typed[name] = select.value;
    select.form.requestSubmit();
  };

  const choice = (name, label, options) => html`<label>${label}<select name=${name} @change=${(event) => pick(name, event.target)}>
    ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === typed[name]}>${words}</option>`)}</select></label>`;

  const question = () => html`<form class="card ask audit-ask" role="search" aria-label="Records" @submit=${ask}>
    ${text('who', 'Who', 'accessor, peer, system')}${text('what', 'Did what', 'acl-token, config-entry')}${text('on', 'On what', 'name')}
    ${choice('class', 'Kind', CLASSES)}${choice('hours', 'When', TIMES)}<button type="submit">Look</button></form>`;

  function line(record, index) {
    const at = moment(record.Time);
    return html`<tr data-number=${record.Number} aria-rowindex=${index}><td class="number muted">${record.Number}</td>
      <td class="time">${when(at, now())} <span class="muted">${ago(at, now())}</span></td>
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
      ? framed('Records', html`<table class="list audit" aria-rowcount=${records.length + 1}><caption class="hidden">Records, the newest first</caption>
          <thead><tr aria-rowindex="1"><th scope="col" class="number">No.</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">On</th><th scope="col">Outcome</th></tr></thead>
          ${rows.body(records, 6, number, line)}</table>`)
      : empty(next(page) ? 'Not among the newest' : 'No record', next(page) ? 'Older ones have not been looked through yet.' : 'Nothing that fits has been done, or was refused.')}
      ${foot(page, records.length)}`;
  }

  // a cut at the end of the log shows only to who has kept where it ended
  const chain = ({Head}) => html`<p class="muted small chain">${count(Head.Number, 'record')} so far; the hash of the last one is <span class="code">${Head.Hash}</span>.
    <span class="code">hansa audit verify -head FILE</span>, run from another machine, computes all of them again and keeps where they ended, so that nothing can be cut off or written anew unnoticed.</p>`;

  return {
    title: 'Audit',
    resources: [ends],
    start() {
      rows.start();
      begin();
    },
    stop() {
      rows.stop();
      newest?.stop();
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Audit</h1>
        <p class="lead">Who has done what in ${datacenter}, and what was not let happen. Reads are not in it.</p></div></header>
      ${question()}
      ${newest ? shown(newest, table) : nothing}
      ${ends.value ? chain(ends.value) : nothing}`,
  };
}
