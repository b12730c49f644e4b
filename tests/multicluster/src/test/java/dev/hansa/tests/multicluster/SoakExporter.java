package dev.hansa.tests.multicluster;

import static dev.hansa.tests.multicluster.SoakClients.ask;

import java.util.function.BooleanSupplier;

/// Exports a service to a peer and takes that back, and who reads what is exported: nothing is read
/// whose revocation was acknowledged before the read began.
final class SoakExporter {
    private final ServerGroup group;
    private final SoakHistory history;
    private final SoakChoices choices;
    private final BooleanSupplier isOver;

    SoakExporter(
            ServerGroup group, SoakHistory history, SoakChoices choices, BooleanSupplier isOver) {
        this.group = group;
        this.history = history;
        this.choices = choices;
        this.isOver = isOver;
    }

    /// Each name is exported once, then never again.
    void run() throws InterruptedException {
        var index = 0L;
        var exported = -1;
        for (var n = 0; !isOver.getAsBoolean(); ) {
            choices.nextRound();
            var told =
                    ask(
                            group,
                            choices.server(group),
                            "PUT",
                            "/v1/config?cas=" + index,
                            "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"exp-"
                                    + n
                                    + "\",\"Consumers\":[{\"Peer\":\"lke\"}]}]}");
            if (told.status() == 200 && told.body().strip().equals("true")) {
                for (; exported >= 0 && exported < n; exported++) {
                    history.add(
                            new SoakHistory.Revocation(
                                    SoakHistory.Kind.EXPORT_REVOCATION,
                                    "exp-" + exported,
                                    System.nanoTime()));
                }
                exported = n++;
            }
            choices.pause(500);
            var now =
                    ask(
                            group,
                            choices.server(group),
                            "GET",
                            "/v1/config/exported-services/default",
                            "");
            if (now.isKnown()) {
                index =
                        now.status() == 404
                                ? 0
                                : SoakClients.json(now.body()).path("ModifyIndex").asLong();
            }
        }
    }

    void read() throws InterruptedException {
        while (!isOver.getAsBoolean()) {
            choices.nextRound();
            var begun = System.nanoTime();
            var told = ask(group, choices.server(group), "GET", "/v1/exported-services", "");
            if (told.status() == 200) {
                SoakClients.json(told.body())
                        .forEach(one ->
                                history.add(
                                        new SoakHistory.Seen(one.path("Service").asText(), begun)));
            }
            choices.pause(SoakClients.OPERATION_MILLIS);
        }
    }
}
