/// What tests of several modules, and benchmarks, share.
@NullMarked
package dev.hansa.tests.support;

import org.jspecify.annotations.NullMarked;
