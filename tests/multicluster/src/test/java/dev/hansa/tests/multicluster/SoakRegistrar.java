package dev.hansa.tests.multicluster;

import static dev.hansa.tests.multicluster.SoakClients.ask;

import dev.hansa.tests.multicluster.SoakHistory.Kind;
import java.util.function.BooleanSupplier;

/// Registers services that nobody owns, each once under a name of its own: one that was
/// acknowledged is shown by whichever server until it is deregistered, and by none after that. Of
/// one of which nobody knows what became nothing is said.
final class SoakRegistrar {
    private static final int READS = 3;

    private final ServerGroup group;
    private final SoakHistory history;
    private final SoakChoices choices;
    private final BooleanSupplier isOver;

    SoakRegistrar(
            ServerGroup group, SoakHistory history, SoakChoices choices, BooleanSupplier isOver) {
        this.group = group;
        this.history = history;
        this.choices = choices;
        this.isOver = isOver;
    }

    void run() throws InterruptedException {
        for (var n = 0; !isOver.getAsBoolean(); n++) {
            choices.nextRound();
            var service = group.name() + "-s" + n;
            if (register(service)) {
                for (var i = 0; i < READS; i++) {
                    choices.pause(SoakClients.OPERATION_MILLIS);
                    read(service);
                }
                deregister(service);
            }
            choices.pause(SoakClients.OPERATION_MILLIS);
        }
    }

    private boolean register(String service) throws InterruptedException {
        var begun = System.nanoTime();
        var told =
                ask(
                        group,
                        choices.server(group),
                        "PUT",
                        "/v1/catalog/register",
                        "{\"Node\":\"node-"
                                + service
                                + "\",\"Address\":\"192.0.2.1\",\"Service\":{\"Service\":\""
                                + service
                                + "\",\"Port\":80}}");
        var isTaken = told.status() == 200;
        history.add(
                new SoakHistory.Write(
                        Kind.REGISTRATION,
                        service,
                        SoakHistory.THERE,
                        isTaken,
                        begun,
                        System.nanoTime()));
        return isTaken;
    }

    private void read(String service) throws InterruptedException {
        var begun = System.nanoTime();
        var told = instances(service);
        if (told.status() == 200) {
            var all = SoakClients.json(told.body());
            history.add(
                    new SoakHistory.Read(
                            "registrar",
                            service,
                            all.isEmpty() ? SoakHistory.ABSENT : SoakHistory.THERE,
                            all.path(0).path("ModifyIndex").asLong(),
                            begun,
                            System.nanoTime()));
        }
    }

    private void deregister(String service) throws InterruptedException {
        var told =
                ask(
                        group,
                        choices.server(group),
                        "PUT",
                        "/v1/catalog/deregister",
                        "{\"Node\":\"node-" + service + "\"}");
        if (told.status() != 200) {
            return;
        }
        history.add(new SoakHistory.Revocation(Kind.DEREGISTRATION, service, System.nanoTime()));
        for (var i = 0; i < READS; i++) {
            var begun = System.nanoTime();
            var after = instances(service);
            if (after.status() == 200 && !SoakClients.json(after.body()).isEmpty()) {
                history.add(new SoakHistory.Seen(service, begun));
            }
            choices.pause(SoakClients.OPERATION_MILLIS);
        }
    }

    private SoakClients.Told instances(String service) throws InterruptedException {
        return ask(group, choices.server(group), "GET", "/v1/catalog/service/" + service, "");
    }
}
