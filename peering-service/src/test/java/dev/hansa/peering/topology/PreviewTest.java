package dev.hansa.peering.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.Sightings;
import dev.hansa.peering.configentry.ParsedEntry;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PreviewTest extends FlowsWorld {
    private static final ParsedEntry.Valid CALLER_ALONE =
            parsed(
                    sources(
                            "echo",
                            source("caller", "", "allow"),
                            source("*", "", "deny"),
                            source("*", "\"Peer\":\"lke\",", "deny")));

    @Test
    void previewNamesTheConnectionsThatOtherRulesWouldCut() {
        entry(EXPORTED);
        isCalled(
                Count.NONE,
                from(OURS, "caller", 3),
                from(OURS, "web", 1),
                from(OURS, "idle", 0),
                from(THEIRS, "shop", 4));

        var preview = flows().preview(ECHO, CALLER_ALONE, ALL);

        assertThat(preview.cut())
                .containsExactly(
                        new Preview.Cut(new End("shop", Optional.of(LKE)), 4, "peer:lke/* -> echo"),
                        new Preview.Cut(End.here("web"), 1, "* -> echo"));
        assertThat(preview.connections()).hasValue(5);
        assertThat(preview.filtered()).isFalse();
        assertThat(
                        flows().preview(
                                        ECHO,
                                        parsed(sources("echo", source("caller", "", "deny"))),
                                        ALL)
                                .cut())
                .containsExactly(new Preview.Cut(End.here("caller"), 3, "caller -> echo"));
    }

    @Test
    void previewTellsTheSameOfCallersThatMayNotBeSeenWhateverTheRulesAre() {
        entry(EXPORTED);
        isCalled(
                Count.NONE,
                from(OURS, "caller", 3),
                from(OURS, "secret", 2),
                from(THEIRS, "shop", 4));
        var sight = new Flows.Sight(name -> !name.equals("secret"), _ -> true, () -> false);

        var denies = flows().preview(ECHO, CALLER_ALONE, sight);
        var allows =
                flows().preview(ECHO, parsed(sources("echo", source("*", "", "allow"))), sight);

        assertThat(denies).isEqualTo(allows);
        assertThat(denies.cut()).isEmpty();
        assertThat(denies.connections()).hasValue(0);
        assertThat(denies.filtered()).isTrue();
    }

    @Test
    void previewCountsNothingBeforeAllSidecarsHaveToldOfTheirCallers() {
        var denies = parsed(sources("echo", source("*", "", "deny")));
        assertThat(flows().preview(ECHO, denies, ALL).connections()).isEmpty();
        isCalled(Count.NONE, from(OURS, "caller", 3));
        assertThat(flows().preview(ECHO, denies, ALL).connections()).hasValue(3);

        // of an older build: it tells of whom it calls alone
        tells(ECHO, Optional.of(Sightings.NONE));

        var preview = flows().preview(ECHO, denies, ALL);
        assertThat(preview.sidecars()).isEqualTo(new Topology.Sidecars(2, 1));
        assertThat(preview.connections()).isEmpty();
        assertThat(preview.cut())
                .containsExactly(new Preview.Cut(End.here("caller"), 3, "* -> echo"));
        assertThat(flows().sidecars()).isEqualTo(new Topology.Sidecars(2, 1));
    }
}
