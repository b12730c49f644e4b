/// `hansa demo`: two datacenters from operating-system processes, and the story told over them.
@NullMarked
package dev.hansa.cli.demo;

import org.jspecify.annotations.NullMarked;
