// What OtherClientsIT asks of each client, by golang.org/x/crypto/ssh.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// The body of tcpip-forward.
type forwardRequest struct {
	Host string
	Port uint32
}

// What a forwarded-tcpip channel begins with.
type visited struct {
	Host string
	Port uint32
	Rest []byte `ssh:"rest"`
}

func must(err error) {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
}

type halfCloser interface {
	io.ReadWriteCloser
	CloseWrite() error
}

func splice(a halfCloser, b halfCloser) {
	done := make(chan bool)
	one := func(to, from halfCloser) {
		io.Copy(to, from)
		to.CloseWrite()
		done <- true
	}
	go one(a, b)
	go one(b, a)
	<-done
	<-done
	a.Close()
	b.Close()
}

func dial(port string) halfCloser {
	local, err := net.Dial("tcp", "127.0.0.1:"+port)
	must(err)
	return local.(*net.TCPConn)
}

// The library's own Listen takes addresses only: hosts that are names are served here, before it.
func serveNames(all <-chan ssh.NewChannel, targets map[string]string) <-chan ssh.NewChannel {
	others := make(chan ssh.NewChannel)
	go func() {
		defer close(others)
		for asked := range all {
			var at visited
			if asked.ChannelType() == "forwarded-tcpip" {
				must(ssh.Unmarshal(asked.ExtraData(), &at))
			}
			port, known := targets[at.Host]
			if !known {
				others <- asked
				continue
			}
			channel, requests, err := asked.Accept()
			must(err)
			go ssh.DiscardRequests(requests)
			go splice(channel, dial(port))
		}
	}()
	return others
}

func main() {
	port, key, known, web, service, listen :=
		os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	text, err := os.ReadFile(key)
	must(err)
	signer, err := ssh.ParsePrivateKey(text)
	must(err)
	hostKey, err := knownhosts.New(known)
	must(err)
	address := "127.0.0.1:" + port
	socket, err := net.Dial("tcp", address)
	must(err)
	connection, channels, requests, err := ssh.NewClientConn(socket, address, &ssh.ClientConfig{
		User:            "relay",
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: hostKey,
		// The library asks for all that it has; the server's key is of this kind.
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	})
	must(err)
	targets := map[string]string{"foo": web, "own": service, "later": web}
	client := ssh.NewClient(connection, serveNames(channels, targets), requests)

	forward := func(host string, port uint32) bool {
		granted, _, err := client.SendRequest("tcpip-forward", true, ssh.Marshal(&forwardRequest{host, port}))
		must(err)
		return granted
	}
	if forward("foo", 80) {
		fmt.Println("name granted")
	}
	if !forward("www", 80) {
		fmt.Println("refused")
	}
	_, err = client.Listen("tcp", "192.0.2.1:80")
	fmt.Println("Listen:", err)
	allocated, err := client.Listen("tcp", "0.0.0.0:0")
	must(err)
	go func() {
		for {
			visitor, err := allocated.Accept()
			if err != nil {
				return
			}
			go splice(visitor.(halfCloser), dial(service))
		}
	}()
	shown := allocated.Addr().String()
	fmt.Println("port", shown[strings.LastIndex(shown, ":")+1:])
	forward("own", 22)

	listener, err := net.Listen("tcp", "127.0.0.1:"+listen)
	must(err)
	go func() {
		for {
			visitor, err := listener.Accept()
			must(err)
			channel, err := client.Dial("tcp", "own:22")
			must(err)
			go splice(visitor.(*net.TCPConn), channel.(halfCloser))
		}
	}()
	_, _, err = client.SendRequest("keepalive@openssh.com", true, nil)
	must(err)
	fmt.Println("alive")
	fmt.Println("local")

	in := bufio.NewReader(os.Stdin)
	in.ReadString('\n')
	must(allocated.Close())
	fmt.Println("cancelled")
	if forward("later", 80) {
		fmt.Println("later granted")
	}
	in.ReadString('\n')
}
