package io.pgplex.testkit;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The program of Debian's package etcd-server, without an install. */
final class DebianEtcd {
    private static final String PACKAGE = "etcd-server";

    private DebianEtcd() {}

    /** The program, downloaded unless it was before; null, with a reason added, when it cannot be had. */
    static @Nullable Path binary(List<String> reasons) {
        String obstacle = DebianPackages.obstacle();
        if (obstacle != null) {
            reasons.add(obstacle);
            return null;
        }
        try {
            Path binary = DebianPackages.unpacked(PACKAGE, List.of(PACKAGE)).resolve("usr/bin/etcd");
            if (Files.isExecutable(binary)) {
                return binary;
            }
            reasons.add("Debian's package " + PACKAGE + " has no " + binary.getFileName());
        } catch (ServerException | UncheckedIOException e) {
            reasons.add("Debian's package " + PACKAGE + " could not be had: " + e.getMessage());
        }
        return null;
    }
}
