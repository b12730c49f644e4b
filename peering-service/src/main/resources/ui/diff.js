// What is another line in one text than in the other, found and drawn in the browser.
import {html, nothing} from './lit-html/lit-html.js';
import {count} from './format.js';

// of the table of two texts' lines: 16 MiB, and a tenth of a second; two that differ in more are shown one after the other
const MOST_CELLS = 4_000_000;
// unchanged lines around a change
const AROUND = 3;

/** The longest lines that both have in their order, as a table of lengths from each place to the end. */
function lengths(was, will) {
  const wide = will.length + 1;
  const table = new Uint32Array((was.length + 1) * wide);
  for (let i = was.length - 1; i >= 0; i--) {
    for (let j = will.length - 1; j >= 0; j--) {
      table[i * wide + j] = was[i] === will[j] ? table[(i + 1) * wide + j + 1] + 1 : Math.max(table[(i + 1) * wide + j], table[i * wide + j + 1]);
    }
  }
  return (i, j) => table[i * wide + j];
}

const lines = (text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Every line of two texts: `sign` is `same`, `removed` or `added`; `old` and `now` are its numbers. */
export function diff(before, after) {
  const was = lines(before);
  const will = lines(after);
  let head = 0;
  while (head < was.length && head < will.length && was[head] === will[head]) {
    head++;
  }
  let tail = 0;
  while (tail < was.length - head && tail < will.length - head && was.at(-1 - tail) === will.at(-1 - tail)) {
    tail++;
  }
  const found = [];
  const same = (i, j) => found.push({sign: 'same', text: was[i], old: i + 1, now: j + 1});
  const removed = (i) => found.push({sign: 'removed', text: was[i], old: i + 1});
  const added = (j) => found.push({sign: 'added', text: will[j], now: j + 1});
  for (let i = 0; i < head; i++) {
    same(i, i);
  }
  const ends = [was.length - tail, will.length - tail];
  let [i, j] = [head, head];
  if ((ends[0] - i) * (ends[1] - j) <= MOST_CELLS) {
    const left = lengths(was.slice(head, ends[0]), will.slice(head, ends[1]));
    while (i < ends[0] && j < ends[1]) {
      if (was[i] === will[j]) {
        same(i++, j++);
      } else if (left(i + 1 - head, j - head) >= left(i - head, j + 1 - head)) {
        removed(i++);
      } else {
        added(j++);
      }
    }
  }
  while (i < ends[0]) {
    removed(i++);
  }
  while (j < ends[1]) {
    added(j++);
  }
  for (let k = 0; k < tail; k++) {
    same(ends[0] + k, ends[1] + k);
  }
  return found;
}

/** Where two lines that stand for each other differ: from where, and so far from their ends. */
function apart(a, b) {
  const most = Math.min(a.length, b.length);
  let from = 0;
  while (from < most && a[from] === b[from]) {
    from++;
  }
  let rest = 0;
  while (rest < most - from && a.at(-1 - rest) === b.at(-1 - rest)) {
    rest++;
  }
  return {from, rest};
}

/** Removed lines that as many added ones follow are the same lines, changed: what is another in them stands out. */
function compare(all) {
  for (let begin = 0; begin < all.length; begin++) {
    let middle = begin;
    while (all[middle]?.sign === 'removed') {
      middle++;
    }
    let end = middle;
    while (all[end]?.sign === 'added') {
      end++;
    }
    if (end > middle && end - middle === middle - begin) {
      for (let k = begin; k < middle; k++) {
        const other = all[k + middle - begin];
        const where = apart(all[k].text, other.text);
        // of lines that have little in common nothing stands out
        if (where.from + where.rest > Math.min(all[k].text.length, other.text.length) / 3) {
          all[k].apart = other.apart = where;
        }
      }
    }
    begin = Math.max(begin, end - 1);
  }
  return all;
}

/** Without the unchanged lines that no change is near to; a number stands for those that are left out. */
function near(all) {
  const kept = all.map(() => false);
  all.forEach((line, at) => line.sign !== 'same' && kept.fill(true, Math.max(0, at - AROUND), at + AROUND + 1));
  const found = [];
  all.forEach((line, at) => {
    if (kept[at]) {
      found.push(line);
    } else if (typeof found.at(-1) === 'number') {
      found[found.length - 1]++;
    } else {
      found.push(1);
    }
  });
  return found;
}

const SIGNS = {same: ['', ''], removed: ['−', 'removed: '], added: ['+', 'added: ']};

function content({text, apart: where}) {
  if (!where) {
    return text;
  }
  const end = text.length - where.rest;
  return html`${text.slice(0, where.from)}<mark>${text.slice(where.from, end)}</mark>${text.slice(end)}`;
}

function row(line) {
  if (typeof line === 'number') {
    return html`<tr class="left-out"><td colspan="4">${count(line, 'line')} the same</td></tr>`;
  }
  const [sign, word] = SIGNS[line.sign];
  return html`<tr class=${line.sign}><td class="at">${line.old ?? nothing}</td><td class="at">${line.now ?? nothing}</td>
    <td class="sign"><span aria-hidden="true">${sign}</span><span class="hidden">${word}</span></td><td class="line">${content(line)}</td></tr>`;
}

/** Both texts as one, what goes and what comes marked, with how much that is. */
export function changes(before, after, caption) {
  const all = compare(diff(before, after));
  const number = (sign) => all.filter((line) => line.sign === sign).length;
  const [added, removed] = [number('added'), number('removed')];
  if (!added && !removed) {
    return html`<p class="muted">Nothing is another than before.</p>`;
  }
  return html`<p class="small diff-sum"><b class="added">+${added}</b> <b class="removed">−${removed}</b> <span class="muted">${count(added + removed, 'line')}</span></p>
    <div class="diff" tabindex="0" role="region" aria-label=${caption}><table><caption class="hidden">${caption}</caption><tbody>${near(all).map(row)}</tbody></table></div>`;
}
