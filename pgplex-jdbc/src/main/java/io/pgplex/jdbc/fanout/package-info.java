/** Several blocking calls at once, all of them waited for. */
@NullMarked
package io.pgplex.jdbc.fanout;

import org.jspecify.annotations.NullMarked;
