package io.pgplex.metadata.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Values that a server gave; {@code PostgresHashIT} compares thousands more with a live one. */
class PostgresHashTest {

    @Test
    void integersHashAsOnTheServer() {
        assertThat(PostgresHash.hashInt(1)).isEqualTo(5968994663651403477L);
        assertThat(PostgresHash.hashInt(-1)).isEqualTo(-5017072347659237694L);
        assertThat(PostgresHash.hashInt(42)).isEqualTo(7363975540656877951L);
    }

    @Test
    void textHashesAsOnTheServer() {
        assertThat(PostgresHash.hashText("abc")).isEqualTo(3628778498291917250L);
        assertThat(PostgresHash.hashText("")).isEqualTo(-5700645584453517373L);
        assertThat(PostgresHash.hashChar("abc  ")).isEqualTo(3628778498291917250L);
    }

    @Test
    void textHashesAsItsUtf8Bytes() {
        String text = "";
        for (String next : new String[] {"a", "ş", "b", "€", "c", "😀", "dddddddd", "İ", "eeeeeeeeeeeeeeeee"}) {
            text += next;
            assertThat(PostgresHash.hashText(text))
                    .isEqualTo(PostgresHash.hashBytes(text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void bytesOfALargerArrayHashAsThoseBytesAlone() {
        byte[] large = "xxhello, hash functionyy".getBytes(StandardCharsets.UTF_8);
        assertThat(PostgresHash.hashBytes(large, 2, large.length - 4))
                .isEqualTo(PostgresHash.hashText("hello, hash function"));
    }

    @Test
    void uuidsHashAsTheirSixteenBytes() {
        assertThat(PostgresHash.hashUuid(new UUID(0, 0))).isEqualTo(-5281082146396728638L);
        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i++) {
            bytes[i] = (byte) (i * 17);
        }
        assertThat(PostgresHash.hashUuid(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff")))
                .isEqualTo(PostgresHash.hashBytes(bytes));
    }

    @Test
    void numericsOfEqualValueHashAlikeWhateverTheirScale() {
        assertThat(PostgresHash.hashNumeric(new BigDecimal("1.00")))
                .isEqualTo(PostgresHash.hashNumeric(BigDecimal.ONE))
                .isNotEqualTo(PostgresHash.hashInt(1));
        assertThat(PostgresHash.hashNumeric(new BigDecimal("12e7")))
                .isEqualTo(PostgresHash.hashNumeric(new BigDecimal("120000000.000")));
        assertThat(PostgresHash.hashNumeric(new BigDecimal("0.000"))).isEqualTo(PostgresHash.SEED - 1);
    }
}
