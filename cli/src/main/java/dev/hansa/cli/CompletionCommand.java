package dev.hansa.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `hansa completion`: what a shell needs to complete commands, flags and their values.
@Command(
        name = "completion",
        description = {
            "Print what a shell needs to complete hansa's commands and flags.",
            "In ~/.bashrc or ~/.zshrc: source <(hansa completion bash), or zsh."
        },
        footer = {
            "  hansa completion bash > ~/.local/share/bash-completion/completions/hansa",
            "  hansa completion fish > ~/.config/fish/completions/hansa.fish"
        })
final class CompletionCommand extends ShortCommand {
    private static final String HANSA = "hansa";

    enum Shell {
        bash,
        zsh,
        fish
    }

    @Parameters(paramLabel = "bash|zsh|fish", description = "The shell.")
    private Shell shell = Shell.bash;

    CompletionCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void work() {
        var all = Main.commandLine(surroundings());
        var script =
                switch (shell) {
                    // one script, which finds out where it is
                    case bash, zsh -> AutoComplete.bash(HANSA, all);
                    case fish -> FishScript.of(HANSA, all);
                };
        surroundings().out().print(script);
    }
}
