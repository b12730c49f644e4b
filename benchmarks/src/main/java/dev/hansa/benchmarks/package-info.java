/// Measures whole processes from outside: nothing in the product is made for it.
@NullMarked
package dev.hansa.benchmarks;

import org.jspecify.annotations.NullMarked;
