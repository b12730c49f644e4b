package dev.hansa.peering;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.MemberService;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/// What a server does while it leads, or while another does. A role is made for one time of leading
/// or following, and is over with it.
interface Role extends AutoCloseable {
    Doors doors();

    /// What a role does at the server's listeners.
    ///
    /// @param api operators
    /// @param proxies own proxies
    /// @param peers peers' servers
    /// @param peerConnected a peer's server has connected
    record Doors(
            Handler<HttpServerRequest> api,
            Handler<HttpServerRequest> proxies,
            Handler<HttpServerRequest> peers,
            Handler<HttpConnection> peerConnected) {}

    /// Another server asks; answered by the leader only.
    Question.Answer answer(Question question) throws InterruptedException;

    /// Another server wants to hear what is live; told by the leader only.
    ///
    /// @param who listens
    void tell(ServerInfo who, MemberService.Listener listener) throws InterruptedException;

    /// From now on a connection's end says nothing about who is at the other end: it is this server
    /// that ends them, before the role is closed.
    void retire();

    /// Why this server could not take another's place yet; empty: it could.
    default Optional<String> unready() {
        return Optional.empty();
    }

    /// Adds what this role knows of the server's health.
    void health(ObjectNode health);
}
