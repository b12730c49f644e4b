package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command that prints something and ends.
@Command(
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%n",
        footerHeading = "%nExample:%n",
        sortOptions = false)
abstract class ShortCommand implements Callable<Integer> {
    private final Surroundings surroundings;
    private int status = CommandLine.ExitCode.OK;

    @Option(
            names = {"-h", "--help"},
            order = 110,
            usageHelp = true,
            description = "Show this text.")
    private boolean help;

    @Spec private @Nullable CommandSpec spec;

    ShortCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /// Does the work; every failure is one sentence.
    abstract void work() throws CommandFailedException, InterruptedException;

    @Override
    public final Integer call() throws CommandFailedException, InterruptedException {
        try {
            work();
        } catch (CommandFailedException e) {
            if (statusOfFailure() == CommandLine.ExitCode.SOFTWARE) {
                throw e;
            }
            note("hansa: " + e.getMessage());
            endWith(statusOfFailure());
        }
        surroundings.out().flush();
        return status;
    }

    /// The exit status where the work could not be done: 1, unless 1 is one of its outcomes.
    int statusOfFailure() {
        return CommandLine.ExitCode.SOFTWARE;
    }

    /// For a run that says more by its exit status than that it is done.
    final void endWith(int other) {
        status = other;
    }

    /// As the user typed it.
    final String name() {
        return spec == null ? "hansa" : spec.qualifiedName();
    }

    /// Whether a secret goes there, or comes from there, that is not the token it asks with.
    boolean carriesSecret() {
        return false;
    }

    /// One more server to ask.
    final ApiClient client(ApiAccess way) throws CommandFailedException {
        if (way.sendsTokenInTheClear() || carriesSecret() && way.isInTheClear()) {
            note(
                    way.base()
                            + ": the token goes there in the clear, for whoever is in between to read; https:// hides it");
        }
        return ApiClient.of(way, name(), surroundings);
    }

    /// Something to know beside the output, which may go into a file or another command.
    final void note(String sentence) {
        surroundings.err().println(PlainText.of(sentence));
        surroundings.err().flush();
    }

    /// A mistake in the flags that only their combination shows.
    final ParameterException usage(String sentence) {
        if (spec == null) {
            throw new IllegalStateException("command: expected to be run by picocli: " + sentence);
        }
        return new ParameterException(spec.commandLine(), sentence);
    }

    /// The text of a file, or of standard input for `-`.
    final String text(String subject, String file) throws CommandFailedException {
        return surroundings.text(subject, file);
    }

    final Surroundings surroundings() {
        return surroundings;
    }

    static String text(JsonNode node, String key) {
        return PlainText.of(node.path(key).asText(""));
    }
}
