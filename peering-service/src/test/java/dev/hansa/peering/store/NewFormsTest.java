package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.Remarks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What is not written while there is a member that would stop at it.
class NewFormsTest {
    private static HealthCheck check(String said) {
        return new HealthCheck(
                "c",
                "alive",
                CheckStatus.PASSING,
                "well",
                "",
                Optional.of(new CheckDefinition("notes", true, Optional.empty(), said)));
    }

    private static StoreCommand.PutRegistration put(Remarks remarks, HealthCheck check) {
        return new StoreCommand.PutRegistration(
                TestStore.registered("n", "web-1", "web", List.of(check)).withRemarks(remarks));
    }

    @Test
    void howACheckIsFoundOutIsLeftOut() {
        var command = put(Remarks.NONE, check("{\"HTTP\":\"http://x/\"}"));
        assertThat(NewForms.isIn(command)).isTrue();

        var written = NewForms.without(command);

        assertThat(written).isEqualTo(put(Remarks.NONE, check("")));
        assertThat(NewForms.isIn(written)).isFalse();
    }

    @Test
    void proxyIsRefusedByName() {
        var proxy = new Remarks(false, "", "", "", false, "{\"DestinationServiceName\":\"web\"}");
        var command = put(proxy, check(""));
        assertThat(NewForms.isIn(command)).isTrue();
        assertThat(NewForms.isIn(put(new Remarks(false, "", "", "", true, ""), check(""))))
                .isTrue();

        assertThatThrownBy(() -> NewForms.without(command))
                .isInstanceOf(StoreFailure.class)
                .hasMessageStartingWith("registration 'web-1': expected servers that all read");
    }

    @Test
    void whatOlderVersionsReadIsWrittenAsItIs() {
        var command = put(new Remarks(true, "/s", "r", "z", false, ""), check(""));
        assertThat(NewForms.isIn(command)).isFalse();
        assertThat(NewForms.isIn(new StoreCommand.RemoveRegistration("n", "web-1"))).isFalse();
    }
}
