package dev.hansa.tests.image;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/// One container of the image, as a careful operator runs it: root file system read-only, no
/// capability, no new privileges, a limit on memory, state in a volume.
final class Machine implements AutoCloseable {
    static final String STATE = "/var/lib/hansa";

    private static final String SCRATCH = "/tmp";
    private static final String TOKENS = "/tokens";
    private static final Set<String> PROXIES = Set.of("gateway", "sidecar");

    /// Classes come from the cache; the better compiler takes processors that a dozen JVMs share.
    private static final String JAVA_OPTIONS = "-XX:MaxRAMPercentage=50 -XX:TieredStopAtLevel=1";

    private final String name;
    private final GenericContainer<?> container;

    private Machine(String name, GenericContainer<?> container) {
        this.name = name;
        this.container = container;
    }

    /// What a container is asked to be.
    ///
    /// @param mebibytes of memory at most
    /// @param ports that the test asks at
    record Plan(
            String name,
            List<String> command,
            Map<String, String> environment,
            int mebibytes,
            List<Integer> ports) {
        Plan {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
            ports = List.copyOf(ports);
        }
    }

    /// In a network, where it is known by an alias.
    static Machine inNetwork(Plan plan, Network network, String alias, Path tokens) {
        var container = container(plan, tokens);
        container.withNetwork(network).withNetworkAliases(alias);
        container.withExposedPorts(plan.ports().toArray(Integer[]::new));
        container.start();
        return new Machine(plan.name(), container);
    }

    /// Beside another one, as the containers of a pod are: one address, one loopback.
    static Machine beside(Plan plan, Machine other, Path tokens) {
        var container = container(plan, tokens);
        container.withNetworkMode("container:" + other.id());
        container.start();
        return new Machine(plan.name(), container);
    }

    /// As a pod runs it: as a user that the image may not know, whose group the volumes are of,
    /// with those alone to write to.
    ///
    /// @param user `UID:GID`
    /// @param added besides no capability at all
    static Machine asPod(String user, List<String> command, Capability... added) {
        var volume = "rw,nosuid,nodev,mode=2770,gid=" + user.substring(user.indexOf(':') + 1);
        var container = new GenericContainer<>(DockerImageName.parse(image()));
        container
                .withCommand(command.toArray(String[]::new))
                .withEnv("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)
                .withWorkingDirectory(SCRATCH)
                .withCreateContainerCmdModifier(asked -> {
                    asked.withUser(user).withEntrypoint("/hansa/bin/hansa");
                    Objects.requireNonNullElseGet(asked.getHostConfig(), HostConfig::new)
                            .withReadonlyRootfs(true)
                            .withCapDrop(Capability.ALL)
                            .withCapAdd(added)
                            .withSecurityOpts(List.of("no-new-privileges"))
                            .withTmpFs(Map.of(STATE, volume, SCRATCH, volume));
                })
                .waitingFor(new Nothing());
        container.start();
        return new Machine(user, container);
    }

    private static GenericContainer<?> container(Plan plan, Path tokens) {
        var container = new GenericContainer<>(DockerImageName.parse(image()));
        container
                .withCommand(plan.command().toArray(String[]::new))
                .withEnv(plan.environment())
                .withEnv("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)
                .withCreateContainerCmdModifier(command -> {
                    command.withEntrypoint(launcher(plan));
                    var config =
                            Objects.requireNonNullElseGet(command.getHostConfig(), HostConfig::new);
                    var bytes = plan.mebibytes() * 1024L * 1024;
                    command.withHostConfig(
                            config.withReadonlyRootfs(true)
                                    .withCapDrop(Capability.ALL)
                                    .withSecurityOpts(List.of("no-new-privileges"))
                                    .withMemory(bytes)
                                    .withMemorySwap(bytes)
                                    .withMounts(mounts(tokens)));
                })
                .waitingFor(new Nothing());
        return container;
    }

    /// A proxy has one of its own, with what suits it.
    private static String launcher(Plan plan) {
        var first = plan.command().getFirst();
        return "/hansa/bin/hansa" + (PROXIES.contains(first) ? "-" + first : "");
    }

    private static List<Mount> mounts(Path tokens) {
        var mounts = new ArrayList<Mount>();
        mounts.add(new Mount().withType(MountType.VOLUME).withTarget(STATE));
        mounts.add(
                new Mount()
                        .withType(MountType.BIND)
                        .withSource(tokens.toString())
                        .withTarget(TOKENS)
                        .withReadOnly(true));
        return mounts;
    }

    static String image() {
        return System.getProperty("hansa.image", "");
    }

    static DockerClient engine() {
        return DockerClientFactory.lazyClient();
    }

    /// The test asks for what it needs; there is no shell in the image for a look from inside.
    private static final class Nothing extends AbstractWaitStrategy {
        @Override
        protected void waitUntilReady() {}
    }

    String id() {
        return container.getContainerId();
    }

    void join(Network network, String alias) {
        engine().connectToNetworkCmd()
                .withContainerId(id())
                .withNetworkId(network.getId())
                .withContainerNetwork(new ContainerNetwork().withAliases(alias))
                .exec();
    }

    void leave(Network network) {
        engine().disconnectFromNetworkCmd()
                .withContainerId(id())
                .withNetworkId(network.getId())
                .exec();
    }

    /// Its address in the first network that it is in.
    String address() {
        return engine()
                .inspectContainerCmd(id())
                .exec()
                .getNetworkSettings()
                .getNetworks()
                .values()
                .stream()
                .map(ContainerNetwork::getIpAddress)
                .filter(address -> address != null && !address.isEmpty())
                .findFirst()
                .orElseThrow();
    }

    /// Where a port of it is now; another one after each start.
    URI door(int port) {
        var bindings =
                engine().inspectContainerCmd(id())
                        .exec()
                        .getNetworkSettings()
                        .getPorts()
                        .getBindings()
                        .get(ExposedPort.tcp(port));
        if (bindings == null || bindings.length == 0) {
            throw new IllegalStateException(name + ": expected port " + port + " to be published");
        }
        return URI.create("http://" + container.getHost() + ":" + bindings[0].getHostPortSpec());
    }

    /// The id of its first process, as this machine sees it.
    long pid() {
        return Objects.requireNonNull(
                engine().inspectContainerCmd(id()).exec().getState().getPidLong());
    }

    /// With an environment of its own beside the container's.
    Container.ExecResult run(Map<String, String> environment, String... words) throws Exception {
        return container.execInContainer(
                ExecConfig.builder().envVars(environment).command(words).build());
    }

    Container.ExecResult run(String... words) throws Exception {
        return container.execInContainer(words);
    }

    void kill() {
        engine().killContainerCmd(id()).exec();
    }

    void startAgain() {
        engine().startContainerCmd(id()).exec();
    }

    void pause() {
        engine().pauseContainerCmd(id()).exec();
    }

    void goOn() {
        engine().unpauseContainerCmd(id()).exec();
    }

    boolean isRunning() {
        return Boolean.TRUE.equals(
                engine().inspectContainerCmd(id()).exec().getState().getRunning());
    }

    String log() {
        return container.getLogs();
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        container.stop();
    }
}
