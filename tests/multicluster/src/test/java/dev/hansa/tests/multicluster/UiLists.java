package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.io.IOException;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Pages with long lists: of the rows those are in the page that can be seen, and some around them,
/// so that drawing all anew, as each second does, costs little.
final class UiLists {
    private static final int SERVICES = 5000;
    private static final int RULES = 3000;
    private static final int DENIALS = 1000;
    private static final int RECORDS = 2000;

    /// A page of records, as the server tells them.
    private static final int PAGE = 100;

    /// What is seen of a table, and what is drawn around it.
    private static final int ROWS = 80;

    private static final String NAME = UiBrowser.SCRIPT.replace("\"", "\\\"");

    private UiLists() {}

    static void areQuick(Page page) throws IOException {
        UiBrowser.widen(page);
        servicesOfAPeerAreQuick(page);
        intentionsAreQuick(page);
        recordsAreQuick(page);
    }

    /// What the page is told instead of what the server says.
    static void answer(Page page, String where, String json) {
        page.route(
                Pattern.compile(".*/v1/" + where),
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody(json)));
    }

    /// Scrolls until the last row of a table is in the page, which may still be reading it.
    static void end(Page page, String table) {
        page.waitForFunction(
                """
                name => {
                  const table = document.querySelector(name);
                  table?.scrollIntoView({block: 'end'});
                  return table?.querySelector('tbody tr:last-child:not(.gap)');
                }
                """,
                table);
    }

    private static void begin(Page page, String table) {
        page.waitForFunction(
                """
                name => {
                  scrollTo(0, 0);
                  return document.querySelector(name)?.querySelector('tbody tr:first-child:not(.gap)');
                }
                """,
                table);
    }

    private static void isShort(Page page, String table) {
        assertThat(page.locator(table + " tbody tr").count())
                .as("rows of " + table + " in the page")
                .isBetween(10, ROWS);
    }

    private static String each(int number, IntFunction<String> json) {
        return IntStream.range(0, number).mapToObj(json).collect(Collectors.joining(",", "[", "]"));
    }

    private static String service(int i) {
        return i == 0 ? NAME : "svc-" + i;
    }

    private static void servicesOfAPeerAreQuick(Page page) throws IOException {
        var names = each(SERVICES, i -> '"' + service(i) + '"');
        answer(
                page,
                "peering/lke$",
                "{\"Name\":\"lke\",\"State\":\"ACTIVE\",\"PeerServerAddresses\":[],\"PeerServerName\":\"\",\"Remote\":{\"Datacenter\":\"lke\"},\"StreamStatus\":{\"ImportedServices\":"
                        + names
                        + ",\"ExportedServices\":"
                        + names
                        + ",\"LastHeartbeat\":null,\"LastReceive\":null,\"LastSend\":null}}");
        answer(
                page,
                "hansa/services$",
                each(
                        2 * SERVICES,
                        i ->
                                "{\"Service\":\"%s\",\"Peer\":\"%s\",\"Kind\":\"\",\"Instances\":%d,\"Passing\":3,\"Warning\":0,\"Critical\":%d,\"Maintenance\":0,\"Tags\":[],\"Proxies\":3,\"ExportedTo\":[]}"
                                        .formatted(
                                                service(i / 2),
                                                i % 2 == 0 ? "lke" : "",
                                                i % 2 == 0 ? 4 : 3,
                                                i % 2 == 0 ? 1 : 0)));
        page.evaluate("location.hash = '#/peers/lke'");

        assertThat(page.locator("main")).containsText("Imported 5,000");
        assertThat(page.locator("#imported th").first()).hasText(UiBrowser.SCRIPT);
        // each with its own health, of the same name here and there
        assertThat(page.locator("#imported .badge").first()).hasText("critical");
        assertThat(page.locator("#exported .badge").first()).hasText("passing");
        for (var table : new String[] {"table:has(#imported)", "table:has(#exported)"}) {
            assertThat(page.locator(table)).hasAttribute("aria-rowcount", "5001");
            isShort(page, table);
        }
        var millis = UiBrowser.scrolledMillis(page);
        System.out.printf(
                "UiLists: %d services each way, scrolled and drawn in %.0f ms%n", SERVICES, millis);
        assertThat(millis).isLessThan(1000);
        UiBrowser.picture(page, "peer-many.png");
        end(page, "table:has(#imported)");
        assertThat(page.locator("#imported tr:last-child th")).hasText("svc-4999");
        isShort(page, "table:has(#imported)");
        UiBrowser.assertHarmless(page);
        page.unrouteAll();
    }

    private static void intentionsAreQuick(Page page) throws IOException {
        answer(
                page,
                "connect/intentions$",
                each(
                        RULES,
                        i ->
                                "{\"ID\":\"%d\",\"SourceName\":\"%s\",\"DestinationName\":\"db\",\"Action\":\"allow\",\"Precedence\":%d,\"Description\":\"%s\"}"
                                        .formatted(
                                                i,
                                                service(i),
                                                i % 2 == 0 ? 9 : 8,
                                                "of several lines ".repeat(i % 7 == 0 ? 20 : 1))));
        answer(
                page,
                "hansa/intention-denials$",
                each(
                        DENIALS,
                        i ->
                                "{\"At\":\"2026-11-29T10:00:0%d.5Z\",\"Source\":\"spiffe://x.consul/ns/default/dc/eks/svc/%s\",\"Destination\":\"db\",\"Intention\":\"default\",\"Reason\":\"no rule allows it\"}"
                                        .formatted(9 - i / 100, service(i))));
        UiBrowser.go(page, "Intentions");

        assertThat(page.locator(".lead")).containsText("3,000 rules");
        assertThat(page.locator("#rules th").first()).hasText(UiBrowser.SCRIPT);
        isShort(page, "table.rules");
        UiBrowser.picture(page, "intentions-many.png");
        end(page, "table.rules");
        // the higher precedence first
        assertThat(page.locator("#rules tr:last-child th")).hasText("svc-2999");
        isShort(page, "table.rules");
        end(page, "table.refusals");
        assertThat(page.locator("#refusals tr:last-child td").nth(1)).containsText("svc-999");
        isShort(page, "table.refusals");
        UiBrowser.picture(page, "intentions-many-end.png");
        begin(page, "table.rules");
        assertThat(page.locator("#rules th").first()).hasText(UiBrowser.SCRIPT);
        UiBrowser.assertHarmless(page);
        page.unrouteAll();
    }

    private static String records(int from, int number, int next) {
        return "{\"Records\":"
                + each(
                        number,
                        i ->
                                "{\"Number\":%d,\"Time\":\"2026-11-29T10:00:00Z\",\"Who\":\"%s\",\"From\":\"192.0.2.7\",\"What\":\"config-entry.write\",\"On\":\"service-defaults/svc-%d\",\"Outcome\":\"applied\",\"Sentence\":\"applied%s\"}"
                                        .formatted(
                                                from - i,
                                                i == 0 ? NAME : "somebody",
                                                from - i,
                                                i % 5 == 0
                                                        ? ": " + "with much to say ".repeat(12)
                                                        : ""))
                + ",\"Next\":"
                + next
                + "}";
    }

    private static void recordsAreQuick(Page page) throws IOException {
        answer(page, "hansa/audit\\?limit=100$", records(RECORDS, PAGE, RECORDS - PAGE + 1));
        answer(
                page,
                "hansa/audit\\?limit=100&before=.*",
                records(RECORDS - PAGE, RECORDS - PAGE, 0));
        UiBrowser.go(page, "Audit");
        end(page, "table.audit");
        UiBrowser.button(page, "Show older ones").click();

        assertThat(page.locator("table.audit")).hasAttribute("aria-rowcount", "2001");
        end(page, "table.audit");
        assertThat(page.locator("#records tr:last-child .on")).hasText("service-defaults/svc-1");
        isShort(page, "table.audit");
        UiBrowser.picture(page, "audit-many.png");
        begin(page, "table.audit");
        assertThat(page.locator("#records th").first()).containsText(UiBrowser.SCRIPT);
        isShort(page, "table.audit");
        UiBrowser.assertHarmless(page);
        page.unrouteAll();
    }
}
