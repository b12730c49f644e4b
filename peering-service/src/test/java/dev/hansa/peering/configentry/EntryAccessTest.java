package dev.hansa.peering.configentry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryAccessTest {
    private static List<Need> needs(String kind, String json) {
        return EntryAccess.write(new ParsedEntry.Valid(kind, "web", json));
    }

    private static List<Need> writeAndRead(String... services) {
        var all = new ArrayList<Need>();
        all.add(Need.write(Resource.SERVICE, "web"));
        for (var service : services) {
            all.add(Need.read(Resource.SERVICE, service));
        }
        return all;
    }

    @Test
    void eachFieldThatLeadsToAServiceAsksForThatService() {
        assertThat(needs("service-resolver", "{\"Redirect\":{\"Service\":\"a\"}}"))
                .isEqualTo(writeAndRead("a"));
        assertThat(
                        needs(
                                "service-resolver",
                                "{\"Failover\":{\"*\":{\"Service\":\"a\"},\"v2\":{\"Targets\":[{\"Service\":\"b\"},{\"Peer\":\"lke\"}]}}}"))
                .isEqualTo(writeAndRead("a", "b"));
        assertThat(
                        needs(
                                "service-router",
                                "{\"Routes\":[{\"Destination\":{\"Service\":\"a\"}},{\"Match\":{}}]}"))
                .isEqualTo(writeAndRead("a"));
        assertThat(
                        needs(
                                "service-splitter",
                                "{\"Splits\":[{\"Weight\":60,\"Service\":\"a\"},{\"Weight\":40}]}"))
                .isEqualTo(writeAndRead("a"));
    }

    @Test
    void wordsThatLeadNowhereAskForNothing() {
        assertThat(needs("service-defaults", "{\"Meta\":{\"Service\":\"a\"}}"))
                .isEqualTo(writeAndRead());
        assertThat(
                        needs(
                                "service-splitter",
                                "{\"Splits\":[{\"Weight\":100,\"RequestHeaders\":{\"Add\":{\"Service\":\"a\"}}}]}"))
                .isEqualTo(writeAndRead());
    }
}
