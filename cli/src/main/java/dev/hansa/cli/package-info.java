/// The one executable: subcommands and demo.
@NullMarked
package dev.hansa.cli;

import org.jspecify.annotations.NullMarked;
