package dev.hansa.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// What `-log-level` takes, in any case; `err` is `error`, as with Consul's command.
enum LogLevel {
    trace,
    debug,
    info,
    warn,
    error;

    static final class Converter implements ITypeConverter<LogLevel> {
        @Override
        public LogLevel convert(String word) {
            var small = word.toLowerCase(Locale.ROOT);
            try {
                return small.equals("err") ? error : valueOf(small);
            } catch (IllegalArgumentException _) {
                throw new TypeConversionException(
                        "expected trace, debug, info, warn, err or error; found '" + word + "'");
            }
        }
    }
}
