<?php
// Installs an empty WordPress and says the administrator's application password.
if (PHP_SAPI !== 'cli') {
    exit(1);
}
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
$made = wp_install('Le babillard du bourg', $told['user'], 'redaction@bourg.example', true, '', wp_generate_password(24));
foreach (['post', 'page'] as $kind) {
    foreach (get_posts(['post_type' => $kind, 'post_status' => 'any', 'numberposts' => -1]) as $sample) {
        wp_delete_post($sample->ID, true);
    }
}
foreach (['permalink_structure' => '/%year%/%monthnum%/%postname%/', 'blogdescription' => '', 'gmt_offset' => -5] as $name => $value) {
    update_option($name, $value);
}
switch_theme('twentytwentythree');
$wp_rewrite->init();
flush_rewrite_rules();
[$key] = WP_Application_Passwords::create_new_application_password($made['user_id'], ['name' => 'tests']);
echo "\nkey:" . $key;
