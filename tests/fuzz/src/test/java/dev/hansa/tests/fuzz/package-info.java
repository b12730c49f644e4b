/// Whatever bytes a stranger sends, a reader takes them or refuses them in its declared way. As
/// ordinary tests these run the checked-in seeds; with `JAZZER_FUZZ=1` they look for new ones.
@NullMarked
package dev.hansa.tests.fuzz;

import org.jspecify.annotations.NullMarked;
