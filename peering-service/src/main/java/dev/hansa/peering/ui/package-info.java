/// The web UI's files, and how they are served. What the pages show comes from the API, like
/// anybody's answers.
@NullMarked
package dev.hansa.peering.ui;

import org.jspecify.annotations.NullMarked;
