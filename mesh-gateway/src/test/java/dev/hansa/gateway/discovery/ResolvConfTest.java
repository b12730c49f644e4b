package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolvConfTest {
    private @TempDir Path folder;

    @Test
    void whatItSaysIsTakenAsTheCLibraryTakesIt() throws Exception {
        var conf =
                read(
                        """
                        # nameserver 192.0.2.1
                        ; nameserver 192.0.2.2
                        domain first.example
                        nameserver 192.0.2.3
                        nameserver\tnot-an-address
                          nameserver  2001:db8::4   # behind it
                        options timeout:1 ndots:5 edns0
                        nameserver
                        nameserver 192.0.2.5
                        nameserver 192.0.2.6
                        search  shop.svc.cluster.local svc.cluster.local
                        """);

        assertThat(conf.nameServers())
                .containsExactly(
                        new InetSocketAddress("192.0.2.3", 53),
                        new InetSocketAddress("2001:db8::4", 53),
                        new InetSocketAddress("192.0.2.5", 53));
        assertThat(conf.searched()).containsExactly("shop.svc.cluster.local", "svc.cluster.local");
        assertThat(conf.dots()).isEqualTo(5);
    }

    @Test
    void shortNameIsSearchedForFirstAndALongOneIsItselfFirst() throws Exception {
        var conf = read("search a.example b.example.\noptions ndots:2\n");

        assertThat(conf.names("east.shop"))
                .containsExactly("east.shop.a.example.", "east.shop.b.example.", "east.shop.");
        assertThat(conf.names("east.shop.example"))
                .containsExactly(
                        "east.shop.example.",
                        "east.shop.example.a.example.",
                        "east.shop.example.b.example.");
        assertThat(conf.names("east.")).containsExactly("east.");
    }

    @Test
    void rootIsNoDomainToSearch() throws Exception {
        assertThat(read("search .\n").names("east")).containsExactly("east.");
    }

    @Test
    void whatIsNotSaidIsAsTheCLibraryHasIt() throws Exception {
        var conf = read("options ndots:many ndots:\n");

        assertThat(conf.nameServers()).isEmpty();
        assertThat(conf.names("east.example")).containsExactly("east.example.");
        assertThat(conf.dots()).isEqualTo(1);
        assertThat(read("options ndots:99\n").dots()).isEqualTo(15);
    }

    private ResolvConf read(String text) throws Exception {
        return ResolvConf.read(Files.writeString(folder.resolve("resolv.conf"), text));
    }
}
