package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.exportedservices.Endpoint;
import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/// The servers of a datacenter beside the one that was asked, all at once: what each shows of
/// itself to a stranger.
final class OtherServers {
    /// A server in reach answers this at once; three seconds have room for one SYN that is lost.
    private static final Duration LIMIT = Duration.ofSeconds(3);

    /// A handful keep a log together.
    private static final int MOST = 15;

    /// Each server answers it by itself, and without a token.
    private static final String QUESTION = "/v1/status/leader";

    private OtherServers() {}

    /// @param faces of those that answered
    /// @param unreached names and addresses of those that did not, and what was found instead
    record Seen(List<ServerFace> faces, List<String> unreached) {
        Seen {
            faces = List.copyOf(faces);
            unreached = List.copyOf(unreached);
        }
    }

    /// Where a server takes operators.
    private record Place(String name, URI base) {
        @Override
        public String toString() {
            return "'" + name + "' at " + base;
        }
    }

    /// @param problem why there is no face
    private record Answer(Place place, List<ServerFace> face, String problem) {}

    /// @param asked the name of the one that was asked
    /// @param servers the instances of the service `consul`, as the catalog has them
    static Seen look(ApiClient api, Clock clock, String asked, JsonNode servers)
            throws InterruptedException {
        var questions = new ArrayList<Callable<Answer>>();
        for (var server : servers) {
            if (!Chart.text(server, "Node").equals(asked) && questions.size() < MOST) {
                place(api, server).ifPresent(place -> questions.add(() -> ask(api, clock, place)));
            }
        }
        var faces = new ArrayList<ServerFace>();
        var unreached = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : threads.invokeAll(questions)) {
                var one = answer.get();
                faces.addAll(one.face());
                if (one.face().isEmpty()) {
                    unreached.add(one.place() + ": " + one.problem());
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return new Seen(faces, unreached);
    }

    private static Answer ask(ApiClient api, Clock clock, Place place) throws InterruptedException {
        var asked = clock.instant();
        try {
            var answer = api.tokenless(place.base()).within(LIMIT).dated(QUESTION);
            return new Answer(
                    place,
                    List.of(ServerFace.of(place.name(), answer, asked, clock.instant())),
                    "");
        } catch (CommandFailedException e) {
            return new Answer(place, List.of(), String.valueOf(e.getMessage()));
        }
    }

    /// Empty for one that says no address of its API, and for one that listens on its own machine
    /// alone: there, from here, is another server or none.
    private static Optional<Place> place(ApiClient api, JsonNode server) {
        try {
            return place(
                    api.address(),
                    server,
                    Endpoint.parse(Chart.text(server.path("ServiceMeta"), "hansa_http_address")));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // no address, or one that is in no URL
        }
    }

    private static Optional<Place> place(URI base, JsonNode server, Endpoint said) {
        var literal = literal(said.host());
        var host =
                literal.filter(InetAddress::isAnyLocalAddress).isPresent()
                        ? Chart.text(server, "ServiceAddress")
                        : said.host();
        var isHere = literal(host).filter(InetAddress::isLoopbackAddress).isPresent();
        if (host.isEmpty()
                || isHere
                        && (!ApiAccess.isLoopback(base.getHost())
                                || said.port() == base.getPort())) {
            return Optional.empty();
        }
        var url = URI.create(base.getScheme() + "://" + Endpoint.text(host, said.port()));
        return url.getHost() == null
                ? Optional.empty()
                : Optional.of(new Place(Chart.text(server, "Node"), url));
    }

    private static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
