/// The image as an engine runs it.
@NullMarked
package dev.hansa.tests.image;

import org.jspecify.annotations.NullMarked;
