package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrimaryConninfoTest {

    @Test
    void replacesHostAndPortOnly() {
        assertThat(PrimaryConninfo.leadingTo(
                        "user=rep password='it\\'s \\\\ a secret' host=old hostaddr=10.0.0.1 application_name = n1",
                        "new",
                        5433))
                .isEqualTo("user='rep' password='it\\'s \\\\ a secret' host='new' application_name='n1' port='5433'");
    }

    @Test
    void isTheSameOnceItLeadsThere() {
        String once = PrimaryConninfo.leadingTo("host=a port=1 user=u", "b", 2);

        assertThat(once).isNotNull();
        assertThat(PrimaryConninfo.leadingTo(String.valueOf(once), "b", 2)).isEqualTo(once);
    }

    @Test
    void leavesAloneWhatItCannotRead() {
        assertThat(PrimaryConninfo.leadingTo("postgresql://u@old/db", "new", 1)).isNull();
        assertThat(PrimaryConninfo.leadingTo("host=a nonsense", "new", 1)).isNull();
        assertThat(PrimaryConninfo.leadingTo("host='a", "new", 1)).isNull();
    }
}
