package dev.hansa.cli.demo;

import dev.hansa.bootstrap.Closer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// `hansa demo`: starts everything, tells the story, stays up until told to end.
public final class Demo {
    /// Enough to see a stack trace's first line and what led to it.
    private static final int LOG_LINES = 12;

    private final DemoOptions options;
    private final Console console;
    private final Report report = new Report();

    private Demo(DemoOptions options, Console console) {
        this.options = options;
        this.console = console;
    }

    /// Runs the demo; 0 when every step held, 1 otherwise.
    public static int run(DemoOptions options) {
        return new Demo(options, Console.standard(System.getenv())).run();
    }

    private int run() {
        var closer = new Closer();
        var hook = Thread.ofPlatform().name("demo-end").unstarted(() -> close(closer));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            var work =
                    closer.add(
                            WorkDirectory.create(
                                    Path.of(System.getProperty("java.io.tmpdir")), options.keep()));
            var network =
                    closer.add(
                            options.inNamespaces()
                                    ? Network.Namespaces.open(
                                            options.eksNetwork(), options.lkeNetwork())
                                    : Network.Loopback.open(
                                            options.eksNetwork(), options.lkeNetwork()));
            var children = closer.add(new Children(work.path()));
            var client =
                    closer.add(
                            HttpClient.newBuilder()
                                    .version(HttpClient.Version.HTTP_1_1)
                                    .connectTimeout(Duration.ofSeconds(2))
                                    .build());
            var patience = new Patience(console);
            var eks =
                    new Datacenter(
                            network.eks(),
                            "lke",
                            true,
                            options.defaultDeny(),
                            children,
                            patience,
                            client,
                            work.path());
            var lke =
                    new Datacenter(
                            network.lke(),
                            "eks",
                            false,
                            options.defaultDeny(),
                            children,
                            patience,
                            client,
                            work.path());
            var held =
                    tell(
                            chosen(
                                    new Story(eks, lke, children, patience, console, report, client)
                                            .steps()),
                            children,
                            List.of(eks, lke));
            if (options.report().isPresent()) {
                report.write(options.report().get(), version(), children.started());
            }
            if (held && !options.once()) {
                stayUp(eks, lke, work);
            }
            return held ? 0 : 1;
        } catch (StepFailed e) {
            System.err.println("demo: " + e.getMessage());
            return 1;
        } catch (IOException e) {
            System.err.println(
                    "demo failed: " + e.getClass().getSimpleName() + ": " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } finally {
            close(closer);
        }
    }

    private List<Story.Step> chosen(List<Story.Step> steps) throws StepFailed {
        if (options.upTo().isEmpty()) {
            return steps;
        }
        var last = options.upTo().get();
        for (var i = 0; i < steps.size(); i++) {
            if (steps.get(i).id().equals(last)) {
                return steps.subList(0, i + 1);
            }
        }
        throw new StepFailed(
                "--up-to: expected one of "
                        + String.join(", ", steps.stream().map(Story.Step::id).toList())
                        + "; found '"
                        + last
                        + "'");
    }

    private boolean tell(List<Story.Step> steps, Children children, List<Datacenter> datacenters)
            throws InterruptedException {
        console.heading("Hansa " + version() + ": two datacenters, eks and lke, on this machine");
        var begun = System.nanoTime();
        for (var i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            console.progress(i, steps.size());
            console.waiting(step.id());
            var start = System.nanoTime();
            var failure = Optional.<String>empty();
            var sentence = "";
            try {
                sentence = step.body().tell();
            } catch (StepFailed e) {
                failure = Optional.of(String.valueOf(e.getMessage()));
            } catch (IOException e) {
                failure = Optional.of(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
            var took = Duration.ofNanos(System.nanoTime() - start);
            report.step(step.id(), failure.isEmpty(), took);
            if (failure.isPresent()) {
                console.failed(step.id(), took, failure.get());
                explain(step, children, datacenters);
                return false;
            }
            console.held(step.id(), took, sentence);
        }
        console.progress(steps.size(), steps.size());
        console.heading(
                "all %d steps held in %.1f s, %d processes"
                        .formatted(
                                steps.size(),
                                (System.nanoTime() - begun) / 1e9,
                                children.started()));
        return true;
    }

    /// What the processes concerned said last; all of them when a step concerns all.
    private void explain(Story.Step step, Children children, List<Datacenter> datacenters) {
        var dead = children.dead();
        if (!dead.isEmpty()) {
            console.detail("processes that have ended: " + String.join(", ", dead));
        }
        for (var datacenter : datacenters) {
            children.names().stream()
                    .filter(name -> name.startsWith(datacenter.name() + "-"))
                    .filter(name ->
                            step.roles().isEmpty()
                                    || step.roles().stream()
                                            .anyMatch(
                                                    role -> datacenter.process(role).equals(name)))
                    .forEach(name -> {
                        console.heading("--- " + name);
                        console.detail(children.lastLines(name, LOG_LINES));
                    });
        }
    }

    private void stayUp(Datacenter eks, Datacenter lke, WorkDirectory work)
            throws InterruptedException {
        var hansa = "./hansa";
        console.heading("");
        console.heading("It stays up; end it with Ctrl-C.");
        console.line("  the shop in eks   " + eks.shop() + "/");
        console.line("  the shop in lke   " + lke.shop() + "/");
        console.line("  UI of eks         http://" + eks.site().at(Site.SERVER, 8500) + "/ui/");
        console.line("  UI of lke         http://" + lke.site().at(Site.SERVER, 8500) + "/ui/");
        console.line(
                "  API of eks        http://"
                        + eks.site().at(Site.SERVER, 8500)
                        + "/v1/catalog/services");
        console.line(
                "  API of lke        http://"
                        + lke.site().at(Site.SERVER, 8500)
                        + "/v1/catalog/services");
        console.line(
                "  metrics           http://"
                        + eks.site().at(Site.GATEWAY, 19443)
                        + "/metrics (gateway), http://"
                        + eks.site().at(Site.SIDECARS, 19000)
                        + "/metrics (sidecars)");
        console.line("  logs              " + work.path());
        console.heading("To try from a second terminal:");
        var eksApi = " --http-addr " + eks.site().at(Site.SERVER, 8500);
        var lkeApi = " --http-addr " + lke.site().at(Site.SERVER, 8500);
        console.line("  " + hansa + " catalog services" + eksApi);
        console.line("  " + hansa + " peering list" + lkeApi);
        console.line("  " + hansa + " peering generate-token --name lke" + eksApi);
        console.line("  curl -s http://" + eks.site().at(Site.DEBUG, 8081) + "/quote");
        new CountDownLatch(1).await();
    }

    private static void close(Closer closer) {
        try {
            closer.close();
        } catch (Exception e) {
            System.err.println("demo: not everything could be cleaned up: " + e.getMessage());
        }
    }

    private static String version() {
        var version = Demo.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
