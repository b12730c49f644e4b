package dev.hansa.cli.agent;

import java.nio.file.Path;
import java.time.Duration;

/// What happens in an agent.
sealed interface AgentEvent {
    record Started(String node, String address, int services) implements AgentEvent {}

    /// Tokens go to a server through a network that may read them.
    record InTheClear(String address) implements AgentEvent {}

    record FilesRead(int files, int services) implements AgentEvent {}

    /// The last good version of the file counts on.
    record FileRefused(Path file, String sentence) implements AgentEvent {}

    record CheckChanged(String service, String check, String status, String output)
            implements AgentEvent {}

    record Registered(String service, String reason) implements AgentEvent {}

    record Deregistered(String what, String reason) implements AgentEvent {}

    /// @param silentFor how long no server has answered
    record ServerFailed(String sentence, Duration silentFor) implements AgentEvent {}

    record ServerAnswers() implements AgentEvent {}

    record SidecarStarted(String service, long pid, String address) implements AgentEvent {}

    /// It ran already when this agent started.
    record SidecarFound(String service, long pid) implements AgentEvent {}

    record SidecarEnded(String service, String how, Duration pause) implements AgentEvent {}

    record SidecarStopped(String service) implements AgentEvent {}

    record SidecarFailed(String service, String sentence, Duration pause) implements AgentEvent {}

    record BackgroundFailure(String doing, Throwable failure) implements AgentEvent {}
}
