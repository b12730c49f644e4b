/// How a process starts and stops: settings, orderly closing, and the one holder through which
/// threads hand snapshots to each other. Kept small on purpose; it must not grow into a common
/// module.
@NullMarked
package dev.hansa.bootstrap;

import org.jspecify.annotations.NullMarked;
