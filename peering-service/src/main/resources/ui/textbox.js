// A box for a text of many lines, with their numbers.
import {html, nothing} from './lit-html/lit-html.js';
import {Directive, directive} from './lit-html/directive.js';

const LEAST = 14;
const MOST = 34;

/**
 * What stands in the box. Who has selected all of it, to put another text in its place, has all selected still when
 * the page changes it first: what is put in then is not added to it.
 */
const written = directive(class extends Directive {
  update({element: box}, [text]) {
    const {value, selectionStart, selectionEnd} = box;
    if (value === text) {
      return;
    }
    box.value = text;
    if (value && box === document.activeElement && selectionStart === 0 && selectionEnd === value.length) {
      box.select();
    }
  }
});

/**
 * @param wrong the number of the line that is wrong; 0: none is known
 * @param said the id of what tells about the text
 * @param order called at Ctrl+Enter
 */
export function textbox({id, label, text, wrong, said, isBad, type, order}) {
  const number = text.split('\n').length;
  const all = Array.from({length: number}, (_, i) => String(i + 1));
  const part = (from, to) => all.slice(from, to).map((one) => `${one}\n`).join('');
  const scroll = (event) => {
    event.target.previousElementSibling.scrollTop = event.target.scrollTop;
  };
  const keys = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      order();
    }
  };
  return html`<label class="hidden" for=${id}>${label}</label>
    <div class="textbox ${isBad ? 'bad' : ''}"><pre class="numbers" aria-hidden="true">${wrong > 0 && wrong <= number
      ? html`${part(0, wrong - 1)}<b>${all[wrong - 1]}</b>${'\n'}${part(wrong, number)}`
      : part(0, number)}</pre><textarea ${written(text)} id=${id} class="text" wrap="off" rows=${Math.min(MOST, Math.max(LEAST, number + 1))} autocomplete="off" autocapitalize="off"
        spellcheck="false" aria-describedby=${said} aria-invalid=${isBad ? 'true' : nothing} @input=${(event) => type(event.target.value)} @scroll=${scroll} @keydown=${keys}></textarea></div>`;
}

/** Puts the cursor onto a line. */
export function goTo(id, line) {
  const box = document.getElementById(id);
  const before = box.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const end = box.value.indexOf('\n', before);
  box.focus();
  box.setSelectionRange(before, end < 0 ? box.value.length : end);
}
