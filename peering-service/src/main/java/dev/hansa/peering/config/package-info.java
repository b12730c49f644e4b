/// This process's settings.
@NullMarked
package dev.hansa.peering.config;

import org.jspecify.annotations.NullMarked;
