package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Every page in the window of a phone: nothing of it is cut off or too small to be read, and what
/// needs more room scrolls in its own frame.
final class UiNarrow {
    private static final int PHONE = 360;

    /// What the server would say of a shop with long names in which much is amiss, by path.
    private static final String SHOP = "/ui-shop.json";

    private static final List<String> PAGES =
            List.of(
                    "overview",
                    "services",
                    "services/shippingservice",
                    "peers",
                    "peers/lke",
                    "failovers",
                    "intentions",
                    "config",
                    "config/new",
                    "config/service-resolver/echo",
                    "ca",
                    "events",
                    "audit");

    private UiNarrow() {}

    static void everythingCanBeRead(Page page) throws IOException {
        try (var file = UiNarrow.class.getResourceAsStream(SHOP)) {
            var shop = new ObjectMapper().readTree(file);
            page.route(Pattern.compile(".*/v1/.*"), route -> answer(route, shop));
        }
        page.setViewportSize(PHONE, 740);
        var found = new ArrayList<String>();
        for (var name : PAGES) {
            page.evaluate("name => { location.hash = '#/' + name; }", name);
            page.waitForFunction(
                    "name => location.hash === '#/' + name && document.querySelector('main :is(table, .card, .textbox, .map)') && !document.querySelector('main .waiting')",
                    name);
            found.addAll(cramped(page));
            UiPeers.everyTextStaysInItsBox(page);
            UiBrowser.picture(page, "narrow-" + name.replace('/', '-') + ".png");
        }
        page.evaluate("location.hash = '#/intentions'");
        UiBrowser.button(page, "New intention").click();
        assertThat(page.locator("dialog[open]")).isVisible();
        found.addAll(cramped(page));
        UiBrowser.button(page, "Cancel").click();
        assertThat(found).as("cramped at " + PHONE + " pixels").isEmpty();
        page.unrouteAll();
        UiBrowser.widen(page);
    }

    private static void answer(Route route, JsonNode shop) {
        var path = URI.create(route.request().url()).getPath().replaceFirst(".*/v1/", "");
        var said = shop.path(path);
        if (said.isMissingNode()) {
            route.resume();
        } else {
            route.fulfill(
                    new Route.FulfillOptions()
                            .setContentType("application/json")
                            .setBody(said.toString()));
        }
    }

    private static List<String> cramped(Page page) {
        return ((List<?>) page.evaluate(CRAMPED))
                .stream().map(one -> page.url().replaceFirst(".*#", "") + ": " + one).toList();
    }

    /// What is wider than its place, cut off, broken within a word of common length, or drawn too
    /// small.
    private static final String CRAMPED =
            """
            () => {
              const found = [];
              const main = document.querySelector('main');
              for (const one of [document.documentElement, main, ...document.querySelectorAll('dialog[open]')]) {
                if (one.scrollWidth > one.clientWidth) {
                  found.push(`${one.localName} is ${one.scrollWidth - one.clientWidth} pixels too wide`);
                }
              }
              for (const cell of main.querySelectorAll('th, td')) {
                const {textOverflow, paddingLeft, paddingRight} = getComputedStyle(cell);
                const room = cell.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
                if (cell.checkVisibility() && cell.scrollWidth > cell.clientWidth && (textOverflow !== 'ellipsis' || room < 130)) {
                  found.push(`${room} pixels for: ${cell.textContent.trim()}`);
                }
              }
              const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
              const range = document.createRange();
              while (texts.nextNode()) {
                const text = texts.currentNode;
                if (text.parentElement.closest('.hidden, .code, pre, textarea, svg') || !text.parentElement.checkVisibility()) {
                  continue;
                }
                for (const {0: word, index} of text.data.matchAll(/\\S+/g)) {
                  range.setStart(text, index);
                  range.setEnd(text, index + word.length);
                  // others may be ended at their dashes, or are addresses
                  if (word.length <= 16 && /^[\\p{L}\\p{N}.,:;'()]+$/u.test(word) && new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size > 1) {
                    found.push(`broken: ${word}`);
                  }
                }
              }
              for (const text of main.querySelectorAll('svg text')) {
                const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
                if (size < 10.5) {
                  found.push(`${size.toFixed(1)} pixels high: ${text.textContent}`);
                }
              }
              return found;
            }
            """;
}
