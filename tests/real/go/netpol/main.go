// Command netpol enforces NetworkPolicies on one node: the controller of kube-network-policies, which judges the first
// packet of every connection that the kernel hands it by queue 100.
//
// That project's own command starts inside a Pod only and enforces every policy there is; this one takes a kubeconfig and
// enforces those with a label, so that the policies of other tests stay paper. The nftables rules that the controller writes
// need a kernel with `queue`; harness/enforcing.py sends it the packets by iptables instead.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how the API server is reached")
	node := flag.String("node", "", "the name of the node")
	labels := flag.String("policies", "", "a label selector; other policies are not enforced")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := enforce(ctx, *kubeconfig, *node, *labels); err != nil {
		log.Fatal(err)
	}
}

func enforce(ctx context.Context, kubeconfig, node, labels string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	all := informers.NewSharedInformerFactory(client, 0)
	chosen := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(
		func(options *metav1.ListOptions) { options.LabelSelector = labels }))
	controller, err := networkpolicy.NewController(
		client,
		chosen.Networking().V1().NetworkPolicies(),
		all.Core().V1().Namespaces(),
		all.Core().V1().Pods(),
		nil, nil, nil, nil,
		networkpolicy.Config{NodeName: node},
	)
	if err != nil {
		return err
	}
	all.Start(ctx.Done())
	chosen.Start(ctx.Done())
	return controller.Run(ctx)
}
