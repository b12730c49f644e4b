package dev.hansa.cli.agent;

import dev.hansa.bootstrap.ForeignText;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides what becomes of an event: log line and level.
final class AgentTelemetry implements Consumer<AgentEvent> {
    private static final Logger LOG = LoggerFactory.getLogger("hansa.agent");
    private static final int MAX_WORDS = 500;

    @Override
    public void accept(AgentEvent event) {
        switch (event) {
            case AgentEvent.Started(var node, var address, var services) ->
                    LOG.info("agent of '{}' at {} started, services: {}", node, address, services);
            case AgentEvent.InTheClear(var address) ->
                    LOG.warn(
                            "{}: join tokens come from there in the clear, for whoever is in between to read; https:// hides them",
                            address);
            case AgentEvent.FilesRead(var files, var services) ->
                    LOG.info("{} files read, services: {}", files, services);
            case AgentEvent.FileRefused(var file, var sentence) ->
                    LOG.error("{}: {}; its last good version stays", file, foreign(sentence));
            case AgentEvent.CheckChanged(var service, var check, var status, var output) ->
                    LOG.info(
                            "service '{}', check '{}' is {}: {}",
                            service,
                            check,
                            status,
                            foreign(output));
            case AgentEvent.Registered(var service, var reason) ->
                    LOG.info("service '{}' registered: {}", service, reason);
            case AgentEvent.Deregistered(var what, var reason) ->
                    LOG.info("{} deregistered: {}", foreign(what), reason);
            case AgentEvent.ServerFailed(var sentence, var silentFor) ->
                    LOG.warn(
                            "{} (no server has taken this machine's word for {} s)",
                            foreign(sentence),
                            silentFor.toSeconds());
            case AgentEvent.ServerAnswers() -> LOG.info("a server takes this machine's word again");
            case AgentEvent.SidecarStarted(var service, var pid, var address) ->
                    LOG.info("sidecar of '{}' started as process {} on {}", service, pid, address);
            case AgentEvent.SidecarFound(var service, var pid) ->
                    LOG.info("sidecar of '{}' runs already as process {}", service, pid);
            case AgentEvent.SidecarEnded(var service, var how, var pause) ->
                    LOG.error(
                            "sidecar of '{}' ended: {}; started again in {} ms",
                            service,
                            how,
                            pause.toMillis());
            case AgentEvent.SidecarStopped(var service) ->
                    LOG.info("sidecar of '{}' stopped", service);
            case AgentEvent.SidecarFailed(var service, var sentence, var pause) ->
                    LOG.error(
                            "sidecar of '{}' not started: {}; tried again in {} ms",
                            service,
                            foreign(sentence),
                            pause.toMillis());
            case AgentEvent.BackgroundFailure(var doing, var failure) ->
                    LOG.error("{} failed", doing, failure);
        }
    }

    private static String foreign(String text) {
        return ForeignText.shown(text, MAX_WORDS);
    }
}
