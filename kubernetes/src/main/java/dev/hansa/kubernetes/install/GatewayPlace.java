package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/// What a mesh gateway needs before it starts: where peers reach it, which with a load balancer
/// only the cloud knows, and a join token of its own.
final class GatewayPlace {
    /// Settings for the gateway, in the folder that it shares with this.
    static final String FILE = "gateway.properties";

    /// Where peers reach the gateway, for as long as its pod lives ([GatewayAddress]).
    static final String ADDRESS = "wan-address";

    private final LoginSettings login;
    private final String namespace;
    private final Optional<String> service;
    private final int port;

    private GatewayPlace(Settings settings) throws InvalidConfigException {
        this.login = LoginSettings.read(settings);
        this.namespace = BootstrapConfig.name(settings, BootstrapConfig.NAMESPACE.name(), "hansa");
        this.service = Optional.of(settings.text("service", "")).filter(name -> !name.isEmpty());
        this.port = settings.port("port", 443);
        settings.finish();
    }

    static void prepare(Settings settings, KubernetesClient client, Consumer<String> says)
            throws InvalidConfigException, IOException, InterruptedException {
        new GatewayPlace(settings).prepare(client, says);
    }

    private void prepare(KubernetesClient client, Consumer<String> says)
            throws IOException, InterruptedException {
        var patience = new Patience(login.waitLimit(), says);
        var reached = Optional.<String>empty();
        var text = "join-token-file = " + login.tokenFile() + "\n";
        if (service.isPresent()) {
            var name = service.get();
            var hosts =
                    patience.until(
                            "address of the load balancer of Service '" + name + "'",
                            () ->
                                    Optional.ofNullable(
                                                    client.services()
                                                            .inNamespace(namespace)
                                                            .withName(name)
                                                            .get())
                                            .map(found -> GatewayAddress.all(found, port))
                                            .filter(all -> !all.isEmpty()));
            var file = login.out().resolve(ADDRESS);
            // who follows it begins with this one of several
            var address = GatewayAddress.keep(file, hosts).orElseGet(hosts::getFirst);
            text += "wan.address = " + address + "\n";
            text += "wan.address-file = " + file + "\n";
            reached = Optional.of(address);
            says.accept("peers reach this gateway at " + address);
        }
        login.fetch(
                "a mesh gateway", patience, api -> api.gatewayJoinToken(LoginSettings.tokenLife()));
        if (reached.isPresent()) {
            write(ADDRESS, reached.get());
        }
        write(FILE, text);
    }

    private void write(String name, String text) throws IOException {
        OwnDisk.write(login.out().resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
