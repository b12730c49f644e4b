// The two boxes in which a config entry is written or deleted, each only over what whoever looks has read.
import {html, nothing} from './lit-html/lit-html.js';
import {call, path, read} from './api.js';
import {changes} from './diff.js';
import * as icons from './icons.js';
import {kindOf} from './kinds.js';
import {Dialog, problem, submitting} from './parts.js';

export const at = (kind, name) => path`config/${kind}/${name}`;

const GONE = 404;

/** An entry as it is kept, null where there is none, and the index that a compare-and-set of it names. */
export async function present(kind, name) {
  try {
    const {CreateIndex: _, ModifyIndex: index, ...entry} = await read(at(kind, name));
    return {entry, index};
  } catch (error) {
    if (error.status === GONE) {
      return {entry: null, index: 0};
    }
    throw error;
  }
}

const meanwhile = (what, kind, name) => `${what}: somebody else has written or deleted ${kind}/${name} meanwhile.`;

/**
 * @param write an entry as a text
 * @param saved called with the entry and the text that were saved, before the box closes
 * @param refused called when the server knows something else
 * @param back the word of the button that saves nothing
 * @param next what to do when somebody else was first
 * @param price what a save costs, in the words of its button; empty: nothing, and the keyboard is where it is saved
 * @param before drawn under what changes: what else follows from a save
 */
export function saving({write, saved, refused, before = () => nothing, price = () => '', back = 'Go on editing', next = 'Go on editing to see what.'}) {
  const blank = {was: null, isOwn: true, entry: null, text: '', busy: false, refusal: ''};
  let state = {...blank};
  const dialog = new Dialog('save-entry', () => (state = {...blank}));

  const save = submitting(() => state, async (mine) => {
    const {Kind, Name} = mine.entry;
    if ((await call('PUT', `config?cas=${mine.was.index}`, mine.text)) !== true) {
      throw new Error(`${meanwhile('Not saved, and nothing is overwritten', Kind, Name)} ${next}`);
    }
    await saved(mine.entry, mine.text);
    if (state === mine) {
      dialog.close();
    }
  }, (mine) => mine.refusal && refused());

  function content() {
    const {was, isOwn, entry, busy, refusal} = state;
    const name = `${entry.Kind}/${entry.Name}`;
    return html`<form @submit=${save}>
      <p>${was.entry ? html`<b>${name}</b> as it is, and as it would be:` : html`<b>${name}</b> is new:`}</p>
      ${was.entry && !isOwn ? html`<p class="note">${icons.alert}<span>There is an entry ${name} already. Saving replaces it.</span></p>` : nothing}
      ${changes(was.entry ? write(was.entry) : '', write(entry), `Changes of ${name}`)}
      <p class="muted small">As the server keeps it: comments and layout are not kept.</p>
      ${before()}
      ${refusal ? problem(refusal) : nothing}
      <footer><button type="button" ?autofocus=${price()} @click=${() => dialog.close()}>${back}</button>
        <button type="submit" class=${price() ? 'danger' : 'primary'} ?autofocus=${!price()} ?disabled=${busy}>${busy ? 'Saving…' : price() || 'Save'}</button></footer></form>`;
  }

  return {
    /** @param isOwn what is there is what the text was made of */
    open(was, isOwn, entry, text) {
      state = {...blank, was, isOwn, entry, text};
      dialog.open();
    },
    isOpen: () => dialog.isOpen,
    draw: () => dialog.draw('Save this?', content),
    close: () => dialog.close(),
  };
}

/**
 * @param stored the resource of the entry
 * @param deleted called before the page of all entries is gone to
 */
export function deletion({kind, name, datacenter, stored, deleted}) {
  const blank = {index: 0, busy: false, refusal: ''};
  let state = {...blank};
  const dialog = new Dialog('delete-entry', () => (state = {...blank}));

  const remove = submitting(() => state, async (mine) => {
    if ((await call('DELETE', `${at(kind, name)}?cas=${mine.index}`)) !== true) {
      throw new Error(meanwhile('Not deleted', kind, name));
    }
    deleted();
    dialog.close();
    location.hash = '#/config';
  }, () => stored.refresh());

  const consequences = () => html`<form @submit=${remove}>
    <p>At once, in ${datacenter}:</p>
    <ul class="consequences">${kindOf(kind)?.end(stored.value, datacenter).map((sentence) => html`<li>${sentence}</li>`)}</ul>
    <p class="muted">The server refuses it if another entry needs this one.</p>
    ${state.refusal ? problem(state.refusal) : nothing}
    <footer><button type="button" autofocus @click=${() => dialog.close()}>Keep it</button>
      <button type="submit" class="danger" ?disabled=${state.busy}>${state.busy ? 'Deleting…' : 'Delete the entry'}</button></footer></form>`;

  return {
    open() {
      // what stands on the page is followed while the box is open, and only what was there before is to go
      state = {...blank, index: stored.value.ModifyIndex};
      dialog.open();
    },
    draw: () => dialog.draw(`Delete ${kind}/${name}?`, consequences),
    close: () => dialog.close(),
  };
}
