/// Whole datacenters as operating-system processes.
@NullMarked
package dev.hansa.tests.multicluster;

import org.jspecify.annotations.NullMarked;
