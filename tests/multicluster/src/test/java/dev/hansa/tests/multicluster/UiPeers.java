package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Peers in every state, as an operator sees them in their table and on the map, with their
/// gateways.
final class UiPeers {
    private UiPeers() {}

    /// The token that is shown is the one that is copied, and its time runs down.
    static void tokenIsCopied(Page page, String token) {
        page.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
        assertThat(UiBrowser.button(page, "Copy token")).isFocused();
        page.keyboard().press("Enter");
        assertThat(UiBrowser.button(page, "Copied")).isVisible();
        assertThat(page.locator("dialog[open] .row [role=status]")).hasText("Copied");
        assertThat(page.evaluate("navigator.clipboard.readText()")).isEqualTo(token);
        page.evaluate("navigator.clipboard.writeText('')");
        var timer = page.locator(".timer");
        assertThat(timer).not().hasText(timer.textContent());
    }

    /// On the page of a peer that is connected.
    ///
    /// @param servers what stands for where it is dialled
    static void streamIsTold(Page page, String servers) {
        var facts = page.locator("main dl.facts.card");
        assertThat(field(facts, "State")).hasText("active");
        assertThat(field(facts, "Servers")).containsText(servers);
        for (var name : List.of("Heard", "Last heartbeat", "Told last")) {
            assertThat(field(facts, name)).hasText(Pattern.compile("now|.+ ago"));
        }
        assertThat(field(facts, "Mesh gateways"))
                .containsText(Pattern.compile("[0-9.]+:[0-9]+ *passing, as lke says"));
    }

    private static Locator field(Locator facts, String name) {
        return facts.locator(".field:has(dt:text-is('" + name + "')) dd");
    }

    private static String peering(String name, String state, String heard) {
        return "{\"Name\":\"%s\",\"State\":\"%s\",\"Datacenter\":\"\",\"ImportedServices\":0,\"ExportedServices\":2,\"LastHeartbeat\":%s,\"LastReceive\":null}"
                .formatted(name, state, heard);
    }

    private static String gateways(String peer, String... statuses) {
        return "{\"Peer\":\"%s\",\"Out\":{\"Open\":3,\"Carried\":9},\"In\":null,\"AllGateways\":%d,\"Gateways\":[%s]}"
                .formatted(
                        peer,
                        statuses.length,
                        IntStream.range(0, statuses.length)
                                .mapToObj(i ->
                                        "{\"Address\":\"198.51.100.%d:8443\",\"Status\":\"%s\"}"
                                                .formatted(i, statuses[i]))
                                .collect(Collectors.joining(",")));
    }

    static void areShownInEveryState(Page page) throws IOException {
        UiBrowser.widen(page);
        var heard = '"' + Instant.now().minusSeconds(185).toString() + '"';
        var all =
                List.of(
                        peering("east", "FAILING", heard),
                        peering("north", "ACTIVE", heard),
                        peering("south", "TERMINATED", heard),
                        peering("west", "PENDING", "null"));
        var traffic =
                "{\"Sidecars\":{\"Connected\":1,\"Told\":1},\"Peers\":["
                        + gateways("east", "passing", "critical", "warning")
                        + ","
                        + gateways(
                                "north",
                                "passing",
                                "passing",
                                "passing",
                                "passing",
                                "maintenance",
                                "passing")
                        + "]}";
        UiLists.answer(page, "hansa/peerings$", all.toString());
        UiLists.answer(page, "hansa/traffic$", traffic);
        UiBrowser.go(page, "Peers");
        for (var state :
                List.of("east failing", "north active", "south terminated", "west pending")) {
            var words = state.split(" ");
            assertThat(row(page, words[0]).locator(".badge")).hasText(words[1]);
        }
        assertThat(row(page, "west").locator(".heard")).hasText("never");
        var age = row(page, "east").locator(".heard");
        assertThat(age).hasText(Pattern.compile("3 min.* ago"));
        // it grows while nothing is told
        assertThat(age).not().hasText(age.textContent());
        UiBrowser.picture(page, "peers-states.png");

        UiBrowser.go(page, "Overview");
        assertThat(page.locator(".map .link.bad")).hasCount(1);
        assertThat(page.locator(".map .link.warn")).hasCount(1);
        var east = site(page, "east");
        assertThat(east.locator(".gate")).hasCount(3);
        assertThat(east.locator(".gate.bad path")).hasCount(1);
        assertThat(site(page, "north").locator(".gate")).hasCount(4);
        everyTextStaysInItsBox(page);
        UiBrowser.picture(page, "map-ring.png");
        UiBrowser.darkPicture(page, "map-ring-dark.png");
        page.unrouteAll();

        UiLists.answer(page, "hansa/peerings$", all.subList(0, 2).toString());
        UiLists.answer(page, "hansa/traffic$", traffic);
        UiBrowser.go(page, "Peers");
        assertThat(row(page, "west")).hasCount(0);
        UiBrowser.go(page, "Overview");
        assertThat(site(page, "east").locator(".address"))
                .hasText(
                        new String[] {
                            "198.51.100.0:8443", "198.51.100.1:8443", "198.51.100.2:8443"
                        });
        assertThat(site(page, "north")).containsText("and 2 gateways more");
        assertThat(
                        page.getByRole(
                                AriaRole.LINK,
                                new Page.GetByRoleOptions()
                                        .setName(
                                                Pattern.compile(
                                                        "Peer east, failing; 3 mesh gateways: 198.51.100.0:8443 passing, as east said last; 198.51.100.1:8443 critical"))))
                .isVisible();
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "map-two.png");
        UiBrowser.darkPicture(page, "map-two-dark.png");
        page.unrouteAll();
    }

    /// Of each datacenter on the map.
    static void everyTextStaysInItsBox(Page page) {
        var outside =
                page.evaluate(
                        """
                        () => [...document.querySelectorAll('.map .site')].flatMap(site => {
                          const {right} = site.querySelector('rect').getBoundingClientRect();
                          return [...site.querySelectorAll('text')].filter(text => text.getBoundingClientRect().right > right - 4).map(text => text.textContent);
                        })
                        """);
        assertThat((List<?>) outside).isEmpty();
    }

    private static Locator row(Page page, String peer) {
        return page.locator("table.list tbody tr")
                .filter(new Locator.FilterOptions().setHasText(peer));
    }

    private static Locator site(Page page, String peer) {
        return page.locator(".map .site").filter(new Locator.FilterOptions().setHasText(peer));
    }
}
