/** Classes that only pass calls on, written by the build; what a merged and a logical result set have in common. */
package io.pgplex.jdbc.delegate;
