package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;

/// The page of events: what happens stands there by itself, and can be searched.
final class UiEvents {
    private UiEvents() {}

    private static Locator rows(Page page, String kind, String text) {
        return page.locator("table.happenings tbody tr[data-kind=" + kind + "]")
                .filter(new Locator.FilterOptions().setHasText(text));
    }

    static void areTold(BareServer server, Page page) throws Exception {
        UiBrowser.widen(page);
        UiBrowser.go(page, "Events");
        // the oldest, below what is drawn of all
        page.getByLabel("Kind").selectOption("server");
        assertThat(rows(page, "server", "leads from now on")).hasCount(1);
        page.getByLabel("Kind").selectOption("");
        server.must(
                "PUT",
                "/v1/agent/service/register",
                Map.of(
                        "ID",
                        "till-1",
                        "Name",
                        "till",
                        "Check",
                        Map.of("CheckID", "till-alive", "TTL", "1h")));
        for (var word : new String[] {"pass", "fail"}) {
            server.must("PUT", "/v1/agent/check/" + word + "/till-alive", "");
        }
        assertThat(rows(page, "health", "instance 'till-1' is critical")).hasCount(1);
        server.must(
                "PUT",
                "/v1/config",
                Map.of("Kind", "service-defaults", "Name", "till", "Protocol", "tcp"));
        assertThat(page.locator("table.happenings tbody tr").first())
                .containsText("service-defaults/till");
        timesAreOfADayOf24Hours(page);
        UiBrowser.picture(page, "events.png");
        UiBrowser.darkPicture(page, "events-dark.png");

        page.getByLabel("Kind").selectOption("health");
        assertThat(page.locator("table.happenings tbody tr:not([data-kind=health])")).hasCount(0);
        page.getByLabel("Search by name or text").fill("till passing");
        assertThat(page.locator("table.happenings tbody tr")).hasCount(1);
        assertThat(page.locator(".count")).hasText(Pattern.compile("1 of [0-9]+ events"));
        page.getByLabel("Search by name or text").fill("nobody");
        assertThat(page.locator(".empty-title")).hasText("Nothing found");
        UiBrowser.assertAccessible(page);
        strangersTextsStayTexts(page);
    }

    /// Midnight is its first second; and who compares with a log has the time in UTC.
    private static void timesAreOfADayOf24Hours(Page page) {
        assertThat(page.locator("table.happenings time").first())
                .hasAttribute("title", Pattern.compile("2[0-9-]{9} [0-9:]{8} UTC"));
        var midnight =
                page.evaluate(
                        "() => import(new URL('format.js', document.baseURI)).then(format => "
                                + "format.clockTime(new Date(2026, 10, 29, 0, 5).getTime(), new Date(2026, 10, 29, 12).getTime()))");
        assertThat(midnight).isEqualTo("00:05:00");
    }

    private static void strangersTextsStayTexts(Page page) {
        var text = UiBrowser.SCRIPT.replace("\"", "\\\"");
        UiLists.answer(
                page,
                "hansa/history$",
                "{\"Server\":\"%s\",\"Since\":\"2026-11-29T10:00:00Z\",\"Events\":[{\"Index\":1,\"At\":\"2026-11-29T10:00:00Z\",\"Kind\":\"health\",\"About\":\"%s\",\"Sentence\":\"%s\"}]}"
                        .formatted(text, text, text));
        // a page that is opened anew asks again, and has no filters
        page.reload();
        assertThat(page.locator("table.happenings th a")).hasText(UiBrowser.SCRIPT);
        UiBrowser.assertHarmless(page);
        page.unrouteAll();
    }

    /// Of two datacenters, while a service of one has failed over to the other.
    static void ofAFailoverAreTold(Page page, String service) throws IOException {
        UiBrowser.go(page, "Events");
        assertThat(rows(page, "failover", "over to " + service + ".peer.lke")).hasCount(1);
        // the one that the box of the fingerprint refused, and the one that stands
        assertThat(rows(page, "peering", "established")).hasCount(2);
        assertThat(rows(page, "peering", "not established: "))
                .containsText("expected fingerprint '0000 0000'");
        assertThat(rows(page, "peering", "stream opened by us")).not().hasCount(0);
        assertThat(
                        rows(page, "sidecar", service)
                                .filter(new Locator.FilterOptions().setHasText(" went: ")))
                .not()
                .hasCount(0);
        assertThat(rows(page, "sidecar", "mesh-gateway")).not().hasCount(0);
        UiBrowser.picture(page, "events-failover.png");
    }
}
